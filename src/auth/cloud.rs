//! National clouds.

/// A Microsoft cloud, with its own Entra and Partner Center addresses.
///
/// ```
/// use partner_center_insights::auth::Cloud;
///
/// assert_eq!(Cloud::Public.scope(), "https://api.partnercenter.microsoft.com/.default");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cloud {
    /// The public cloud, the only one documented for Insights.
    #[default]
    Public,
    /// China, operated by 21Vianet. **Untested**; whether Insights exists there is not documented.
    China,
    /// US Government: its own Entra with the public Partner Center. **Untested**, like China.
    UsGovernment,
}

impl Cloud {
    /// All clouds.
    pub const ALL: &'static [Self] = &[Self::Public, Self::China, Self::UsGovernment];

    /// Returns the address of Entra.
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::China => "https://login.partner.microsoftonline.cn",
            Self::UsGovernment => "https://login.microsoftonline.us",
        }
    }

    /// Returns the address of Partner Center, for [`base_url`](crate::InsightsClientBuilder::base_url).
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Public | Self::UsGovernment => crate::spec::ORIGIN,
            Self::China => "https://partner.partnercenterapi.microsoftonline.cn",
        }
    }

    /// Returns the scope of tokens for that address.
    pub fn scope(self) -> String {
        format!("{}/.default", self.base_url())
    }
}
