//! Certificate authorities and server certificates for tests.

use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

/// The authority that clients trust.
pub static TRUSTED: LazyLock<Authority> = LazyLock::new(|| authority("Trusted"));
/// An authority that clients do not trust.
pub static UNKNOWN: LazyLock<Authority> = LazyLock::new(|| authority("Unknown"));

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// The certificate of a server, and the protocols that it offers.
pub struct Identity {
    pub authority: &'static Authority,
    pub name: &'static str,
    /// The year in which the certificate expires.
    pub expires: i32,
    pub protocols: Vec<Vec<u8>>,
}

impl Default for Identity {
    fn default() -> Self {
        Self { authority: &TRUSTED, name: "localhost", expires: 4000, protocols: Vec::new() }
    }
}

impl Identity {
    pub fn acceptor(self) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![self.name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(self.expires, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, self.authority).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = self.protocols;
        TlsAcceptor::from(Arc::new(config))
    }
}
