//! What to do about the codes of Entra and of Partner Center: advice for people, as a table.
//!
//! No decision of this crate depends on it. Microsoft's own words are always shown beside it, and may be newer:
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

/// Codes that need the same remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// The numbers, without `AADSTS`.
    pub codes: &'static [u32],
    /// What they mean.
    pub meaning: &'static str,
    /// What to do, as the end of a sentence.
    pub advice: &'static str,
}

const fn hint(codes: &'static [u32], meaning: &'static str, advice: &'static str) -> Hint {
    Hint { codes, meaning, advice }
}

/// Codes of Entra, which it spells `AADSTS50076`.
#[rustfmt::skip]
pub const ENTRA: &[Hint] = &[
    hint(&[50034, 50020, 50014, 51004], "the user is not in this tenant",
        "check that tenant and account belong together: the tenant must be the one of your Partner Center account"),
    hint(&[50076, 50079, 50072, 50074], "a second factor is wanted",
        "sign in again interactively with multi-factor authentication; a user name and a password alone can never do"),
    hint(&[50078, 70043], "the multi-factor sign-in has become too old",
        "sign in again; if this comes back every few days, ask your administrator for the sign-in frequency in Conditional Access"),
    hint(&[50126], "user name or password is wrong",
        "do not use a password here; sign in with a device code, or use a refresh token"),
    hint(&[50055], "the password has expired",
        "change the password in a browser, then sign in again"),
    hint(&[50057], "the user is disabled",
        "have an administrator enable the account, or sign in with another one"),
    hint(&[50173], "the user's tokens were revoked, as happens when the password changes",
        "sign in again"),
    hint(&[700_082, 70008], "the refresh token was not used for too long (90 days)",
        "sign in again, and let something use the refresh token more often than every 90 days"),
    hint(&[700_007, 70000], "the refresh token is invalid or was issued to another application",
        "check that the client id is the one that the refresh token was issued to; if it is, sign in again"),
    hint(&[700_084], "the refresh token of a single-page application lives for 24 hours",
        "register the redirect address as mobile and desktop, or as web, then sign in again"),
    hint(&[7_000_215], "the client secret is wrong",
        "give the value of the client secret, not its id; the portal shows the value only when the secret is made"),
    hint(&[7_000_222], "the client secret has expired",
        "make a new client secret in the application's registration"),
    hint(&[7_000_218], "the application must prove itself and no client secret was given",
        "give the client secret, or allow public client flows in the application's registration"),
    hint(&[700_025], "a public client must not send a client secret",
        "leave the client secret out"),
    hint(&[700_016], "the tenant does not know the application",
        "check the client id and the tenant; an administrator of the tenant may have to consent to the application first"),
    hint(&[70001, 7_000_112], "the application is unknown or disabled in the tenant",
        "check the client id and the tenant, and that the enterprise application is enabled for sign-in"),
    hint(&[700_027], "the signature of the client assertion is not accepted",
        "upload the certificate's public part to the application's registration"),
    hint(&[500_011], "the tenant has no Partner Center",
        "check that the tenant is a partner's, and that scope and cloud are the right ones"),
    hint(&[65001, 90094, 650_056, 650_057], "consent or a permission is missing",
        "add the delegated permission user_impersonation of Microsoft Partner Center to the application, and have an administrator consent to it"),
    hint(&[65002], "the application of Microsoft is not allowed to ask for this service",
        "the Azure CLI cannot be used here; register an application of your own and sign in with that"),
    hint(&[70011, 28002, 901_002], "the scope is wrong",
        "the scope is https://api.partnercenter.microsoft.com/.default"),
    hint(&[53003], "Conditional Access forbids this sign-in",
        "the policy may bar device codes; sign in through the Azure CLI or on a compliant device, or ask your administrator which policy applies"),
    hint(&[53000, 53001, 53002], "Conditional Access wants a managed device or an approved application",
        "sign in on a device that your organisation manages"),
    hint(&[530_032, 530_035], "security defaults or a policy of the tenant forbid this sign-in",
        "sign in with multi-factor authentication in a browser or through the Azure CLI, or ask your administrator"),
    hint(&[70016], "the sign-in with the device code has not happened yet",
        "enter the code on the page that was named"),
    hint(&[70019], "the device code has expired",
        "begin to sign in again, and enter the code within its 15 minutes"),
    hint(&[90002], "there is no such tenant",
        "check the tenant: its id, or a domain that it has verified"),
    hint(&[90038, 900_432, 900_382], "the tenant is in another national cloud",
        "check the authority: national clouds have their own"),
    hint(&[50196], "the same request was made in a loop",
        "stop it and wait; if it was this program, please report it"),
];

/// Codes of Partner Center, which come with 401 or 403.
#[rustfmt::skip]
pub const PARTNER_CENTER: &[Hint] = &[
    hint(&[900_420], "the token is for another service",
        "ask for the scope https://api.partnercenter.microsoft.com/.default; tokens for Microsoft Graph or Azure AD Graph are not accepted"),
    hint(&[900_421, 10001], "the token does not prove a multi-factor sign-in",
        "sign in again with multi-factor authentication; a refresh token must come from such a sign-in"),
    hint(&[900_329], "an application alone may not do this",
        "use the token of a user: a refresh token or a device code"),
];

fn find(table: &'static [Hint], code: u32) -> Option<&'static Hint> {
    table.iter().find(|hint| hint.codes.contains(&code))
}

/// What there is to say about a code of Entra.
///
/// ```
/// use partner_center_insights::auth::hints;
///
/// let hint = hints::for_entra(7000215).map(|hint| hint.advice);
/// assert!(hint.is_some_and(|advice| advice.contains("not its id")));
/// ```
pub fn for_entra(code: u32) -> Option<&'static Hint> {
    find(ENTRA, code)
}

/// What there is to say about a code of Partner Center, such as `900421`.
pub fn for_partner_center(code: &str) -> Option<&'static Hint> {
    find(PARTNER_CENTER, code.trim().parse().ok()?)
}

/// What is wrong with a scope, or with the audience of a token: some were right once, and some belong to services of a
/// similar name. Nothing if it is none of these.
pub fn for_audience(audience: &str) -> Option<&'static str> {
    let host = audience.trim().trim_start_matches("https://").split(['/', ':']).next().unwrap_or_default();
    match host.to_ascii_lowercase().as_str() {
        "graph.windows.net" | "00000002-0000-0000-c000-000000000000" => Some(
            "Partner Center does not accept tokens for Azure AD Graph (graph.windows.net) any more; the scope is https://api.partnercenter.microsoft.com/.default",
        ),
        "graph.microsoft.com" | "00000003-0000-0000-c000-000000000000" => Some(
            "Partner Center does not accept tokens for Microsoft Graph (graph.microsoft.com); the scope is https://api.partnercenter.microsoft.com/.default",
        ),
        "api.partner.microsoft.com" | "4990cffe-04e8-4e8b-808a-1175604b879f" => Some(
            "api.partner.microsoft.com is another API of Partner Center; the scope for Insights is https://api.partnercenter.microsoft.com/.default",
        ),
        "management.azure.com" | "management.core.windows.net" => Some(
            "this is the scope of Azure Resource Manager; the scope for Insights is https://api.partnercenter.microsoft.com/.default",
        ),
        _ => None,
    }
}

/// The advice for the first code that has one.
pub(super) fn of_codes(codes: &[u32]) -> Option<&'static str> {
    codes.iter().find_map(|code| for_entra(*code)).map(|hint| hint.advice)
}

/// The numbers that follow `AADSTS` in a text, each once.
pub(super) fn codes_in(text: &str) -> Vec<u32> {
    let mut codes = Vec::new();
    for rest in text.split("AADSTS").skip(1) {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if let Ok(code) = rest[..end].parse()
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    codes
}
