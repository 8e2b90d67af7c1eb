//! Who can reach the server at all, and how.

use super::limits::Limits;
use super::tls::TlsFiles;
use crate::error::{Error, Kind, Result};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Who can reach the server, and how. The default lets in whoever is on this machine.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The certificate of the address; it speaks plain HTTP if absent.
    pub tls: Option<TlsFiles>,
    /// Whether the address may be one that other machines reach without TLS.
    pub insecure: bool,
    /// Names that requests may be for, beside those of this machine and of the certificate.
    pub hosts: Vec<String>,
    /// The folder for what belongs to this login (`$XDG_RUNTIME_DIR`), where a socket goes whose path would be too long.
    pub runtime_dir: Option<PathBuf>,
    /// How much of the server its clients may have.
    pub limits: Limits,
}

impl Access {
    /// Refuses an address that other machines reach and on which everybody between could read along.
    ///
    /// # Errors
    /// It is one.
    pub(super) fn check(&self, address: Option<SocketAddr>) -> Result<()> {
        let Some(address) = address else { return Ok(()) };
        if address.ip().to_canonical().is_loopback() || self.tls.is_some() || self.insecure {
            return Ok(());
        }
        let message = format!(
            "other machines reach {address}, and without TLS tokens and data would go there for everybody to read"
        );
        Err(Error::new(Kind::Invalid, "dbx::serve::exposed", message)
            .kept("nothing listens")
            .help(
                "give `--tls-cert FILE --tls-key FILE`, stay on this machine with `dbx config --bind-addr 127.0.0.1`, or \
                 give `--insecure` where something in front speaks TLS",
            ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_in_the_clear() {
        let plain = Access::default();
        let tls = TlsFiles { cert: "c".into(), key: "k".into() };
        for (address, loopback) in [
            ("127.0.0.1:0", true),
            ("127.8.8.8:0", true),
            ("[::1]:0", true),
            ("[::ffff:127.0.0.1]:0", true),
            ("0.0.0.0:0", false),
            ("[::]:0", false),
            ("192.168.1.1:0", false),
        ] {
            let address = Some(address.parse().unwrap());
            assert_eq!(plain.check(address).is_ok(), loopback, "{address:?}");
            assert!(Access { insecure: true, ..Access::default() }.check(address).is_ok());
            assert!(Access { tls: Some(tls.clone()), ..Access::default() }.check(address).is_ok());
        }
        assert!(plain.check(None).is_ok());
    }
}
