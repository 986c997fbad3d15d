//! Checks the proxy settings, because the HTTP client ignores an invalid value and would bypass the proxy.

use std::env;

use hyper_util::client::proxy::matcher::Matcher;

use crate::args::Global;
use crate::exit::Failure;

/// Refuses a proxy variable that cannot be used. Its value is not shown, because it may hold a password.
pub fn check(global: &Global) -> Result<(), Failure> {
    let service = global.base_url.as_deref().unwrap_or(partner_center_insights::spec::ORIGIN);
    let authority = global.sign_in.authority.as_deref().unwrap_or("https://login.microsoftonline.com");
    let hosts: Vec<http::Uri> = [service, authority].iter().filter_map(|url| url.parse().ok()).collect();
    let except = ["NO_PROXY", "no_proxy"].iter().find_map(|name| env::var(name).ok()).unwrap_or_default();
    let except = Matcher::builder().all("http://proxy").no(except).build();
    // The HTTP client uses no proxy for http URLs, or in a CGI process.
    let is_unused = service.starts_with("http:") || env::var_os("REQUEST_METHOD").is_some();
    if is_unused || !hosts.iter().any(|url| except.intercept(url).is_some()) {
        return Ok(());
    }
    // The first variable of each pair that is set takes effect, unless it is empty.
    for names in [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]] {
        let set = names.into_iter().find_map(|name| Some((name, env::var_os(name)?)));
        let Some((name, value)) = set.filter(|(_, value)| !value.is_empty()) else { continue };
        let proxy = Matcher::builder().https(value.to_str().unwrap_or("\0").to_owned()).build();
        let proxy = proxy.intercept(&http::Uri::from_static("https://service"));
        let problem = match &proxy {
            Some(proxy) if proxy.uri().host().is_none_or(str::is_empty) => "has no host",
            Some(proxy) if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) => {
                "names a SOCKS proxy, which is not supported"
            }
            Some(proxy) if has_invalid_port(proxy.uri()) => {
                "has an invalid port; special characters in a password must be percent-encoded"
            }
            Some(_) => return Ok(()),
            None => "is not a proxy URL",
        };
        let failure = Failure::usage(format!("{name} {problem}; expected http://host:port"));
        return Err(failure.hint(format!("correct or unset {name}; the value must not contain quotes")));
    }
    Ok(())
}

/// Whether the port is not a number.
fn has_invalid_port(url: &http::Uri) -> bool {
    let host = url.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit('@').next().unwrap_or_default();
    url.port_u16().is_none() && host.rsplit(']').next().is_some_and(|end| end.contains(':'))
}
