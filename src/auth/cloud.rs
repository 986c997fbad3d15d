//! The national clouds.

/// A cloud, and where its Entra and its Partner Center are.
///
/// ```
/// use partner_center_insights::auth::Cloud;
///
/// assert_eq!(Cloud::Public.scope(), "https://api.partnercenter.microsoft.com/.default");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cloud {
    /// The public cloud, the only one that the pages on Insights name.
    #[default]
    Public,
    /// China, operated by 21Vianet. **Untested**; whether Insights exists there is not documented.
    China,
    /// US Government: an Entra of its own, and the public Partner Center. **Untested**, as for China.
    UsGovernment,
}

impl Cloud {
    /// Every cloud.
    pub const ALL: [Self; 3] = [Self::Public, Self::China, Self::UsGovernment];

    /// The address of Entra.
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::China => "https://login.partner.microsoftonline.cn",
            Self::UsGovernment => "https://login.microsoftonline.us",
        }
    }

    /// The address of Partner Center's API, for [`base_url`](crate::InsightsClientBuilder::base_url).
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Public | Self::UsGovernment => crate::spec::ORIGIN,
            Self::China => "https://partner.partnercenterapi.microsoftonline.cn",
        }
    }

    /// The scope of tokens for that API.
    pub fn scope(self) -> String {
        format!("{}/.default", self.base_url())
    }
}
