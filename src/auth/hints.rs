//! Help for Entra's error codes.
//!
//! It is only shown, and does not affect any decision. Microsoft's own text, which may be newer, is always shown too:
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

/// The numbers of `AADSTS` codes with the same remedy, and that remedy.
#[rustfmt::skip]
const ENTRA: &[(&[u32], &str)] = &[
    (&[50034, 50020, 50014, 51004], "check that tenant and account belong together: the tenant must be the one of your Partner Center account"),
    (&[50076, 50079, 50072, 50074], "sign in again interactively with multi-factor authentication; a user name and password alone never suffice"),
    (&[50078, 70043], "sign in again; if this happens every few days, ask your administrator about the sign-in frequency in Conditional Access"),
    (&[50126], "do not use a password here; sign in with a device code, or use a refresh token"),
    (&[50055], "change the password in a browser, then sign in again"),
    (&[50057], "have an administrator enable the account, or sign in with another one"),
    (&[50173], "sign in again"),
    (&[700_082, 70008], "sign in again, and use the refresh token more often than every 90 days"),
    (&[700_007, 70000], "check that the client ID is the one that the refresh token was issued to; if it is, sign in again"),
    (&[700_084], "register the redirect URI as mobile and desktop, or as web, then sign in again"),
    (&[7_000_215], "use the value of the client secret, not its ID; the portal shows the value only when the secret is created"),
    (&[7_000_222], "create a new client secret in the application's registration"),
    (&[7_000_218], "set the client secret, or allow public client flows in the application's registration"),
    (&[700_025], "remove the client secret"),
    (&[700_016], "check the client ID and the tenant; an administrator of the tenant may have to consent to the application first"),
    (&[70001, 7_000_112], "check the client ID and the tenant, and that the enterprise application is enabled for sign-in"),
    (&[700_027], "upload the certificate's public part to the application's registration"),
    (&[500_011], "check that the tenant belongs to a partner, and check the scope and the cloud"),
    (&[65001, 90094, 650_056, 650_057], "add the delegated permission user_impersonation of Microsoft Partner Center to the application, and have an administrator consent to it"),
    (&[65002], "the Azure CLI cannot be used here; register an application of your own and sign in with that"),
    (&[70011, 28002, 901_002], "the scope is https://api.partnercenter.microsoft.com/.default"),
    (&[53003], "the policy may block device codes; sign in through the Azure CLI or on a compliant device, or ask your administrator which policy applies"),
    (&[53000, 53001, 53002], "sign in on a device that your organization manages"),
    (&[530_032, 530_035], "sign in with multi-factor authentication in a browser or through the Azure CLI, or ask your administrator"),
    (&[70016], "enter the code on the page shown with it"),
    (&[70019], "start the sign-in again, and enter the code within 15 minutes"),
    (&[90002], "check the tenant: its ID, or one of its verified domains"),
    (&[90038, 900_432, 900_382], "check the authority host: national clouds have their own"),
    (&[50196], "stop the caller and wait; if it was this crate, please report it"),
];

/// Returns the remedy for the first code that has one.
pub(super) fn for_codes(codes: &[u32]) -> Option<&'static str> {
    codes.iter().find_map(|code| ENTRA.iter().find(|(codes, _)| codes.contains(code))).map(|(_, help)| *help)
}

/// Returns a link to Microsoft's page on the first code, to append to a message.
pub(super) fn page(codes: &[u32]) -> String {
    let link = |code| format!("; see https://login.microsoftonline.com/error?code={code}");
    codes.first().map(link).unwrap_or_default()
}

/// Returns what is wrong with a scope or an audience that belongs to a service with a similar name.
pub(crate) fn for_audience(audience: &str) -> Option<&'static str> {
    let host = audience.trim().trim_start_matches("https://").split(['/', ':']).next().unwrap_or_default();
    match host.to_ascii_lowercase().as_str() {
        "graph.windows.net" | "00000002-0000-0000-c000-000000000000" => Some(
            "Partner Center no longer accepts tokens for Azure AD Graph (graph.windows.net); the scope is https://api.partnercenter.microsoft.com/.default",
        ),
        "graph.microsoft.com" | "00000003-0000-0000-c000-000000000000" => Some(
            "Partner Center does not accept tokens for Microsoft Graph (graph.microsoft.com); the scope is https://api.partnercenter.microsoft.com/.default",
        ),
        "api.partner.microsoft.com" | "4990cffe-04e8-4e8b-808a-1175604b879f" => Some(
            "api.partner.microsoft.com is a different Partner Center API; the scope for Insights is https://api.partnercenter.microsoft.com/.default",
        ),
        "management.azure.com" | "management.core.windows.net" => Some(
            "this is the scope of Azure Resource Manager; the scope for Insights is https://api.partnercenter.microsoft.com/.default",
        ),
        _ => None,
    }
}

/// Returns the distinct numbers that follow `AADSTS` in a text.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_has_two_remedies() {
        let mut codes: Vec<_> = ENTRA.iter().flat_map(|(codes, _)| *codes).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
