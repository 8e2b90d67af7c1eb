//! TLS at the address, by rustls with the algorithms of ring: versions 1.2 and 1.3 (RFC 5246, RFC 8446).

mod validity;

use crate::domain::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::workspace::files::{io_kind, mode_beyond_owner};
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// The most bytes of a certificate with those above it, or of a key.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Rights that nobody but the owner has on the key of a certificate: to read it, but for a group that was given them, and
/// to change it.
const BEYOND_RIGHT: u32 = 0o027;

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those between it and what clients trust, in PEM (RFC 7468), the server's first.
    pub cert: PathBuf,
    /// The private key in PEM: PKCS#8, SEC1 or PKCS#1.
    pub key: PathBuf,
}

/// A certificate, ready for use.
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    cert: CertificateDer<'static>,
}

/// Without the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// One of the files is missing or is not what it should be, others may read the key, the two do not belong together,
    /// or the certificate does not hold now.
    pub(super) fn load(files: &TlsFiles, now: Timestamp) -> Result<Self> {
        let chain = certificates(&files.cert)?;
        let cert = chain.first().cloned().ok_or_else(|| no_certificate(&files.cert))?;
        check_time(&files.cert, &cert, now)?;
        let key = private_key(&files.key)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Kind::Internal, "dbx::tls::setup", error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, key);
        let mut config = config.map_err(|error| unusable(files, &error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), cert })
    }

    /// Whether the certificate is for the name `host`.
    pub(super) fn is_for(&self, host: &str) -> bool {
        let (Ok(cert), Ok(name)) =
            (ParsedCertificate::try_from(&self.cert), ServerName::try_from(host))
        else {
            return false;
        };
        verify_server_name(&cert, &name).is_ok()
    }

    /// Shakes hands with a client.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

/// Reads a file, and nothing that has no end, or that waits for somebody to write.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    if found.len() > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is longer than such a file is",
        ));
    }
    // In one piece of memory, which whoever reads a key overwrites.
    let mut bytes = vec![0; usize::try_from(found.len()).unwrap_or_default()];
    std::fs::File::open(path)?.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = read(path).map_err(|error| unread("certificate", path, &error))?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| no_certificate(path))
}

fn no_certificate(path: &Path) -> Error {
    let message = format!("`{}` holds no certificate in PEM", path.display());
    Error::new(Kind::Invalid, "dbx::tls::certificate", message).help(
        "it begins with `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der -in FILE` makes PEM of DER",
    )
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let beyond = mode_beyond_owner(path).map_err(|error| unread("key", path, &error))?;
    if beyond & BEYOND_RIGHT != 0 {
        let message =
            format!("the key `{}` is open to others (mode {:04o})", path.display(), 0o600 | beyond);
        return Err(Error::new(Kind::Invalid, "dbx::tls::mode", message)
            .kept("it was not read")
            .help(format!("close it with `chmod 600 {}`", path.display())));
    }
    let pem = read(path).map_err(|error| unread("key", path, &error))?;
    let pem = zeroize::Zeroizing::new(pem);
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        let sealed = std::str::from_utf8(&pem).is_ok_and(|text| text.contains("ENCRYPTED"));
        let (what, help) = if sealed {
            ("is encrypted", "take the passphrase off with `openssl pkey -in FILE -out NEW`, and close it with `chmod 600 NEW`")
        } else {
            ("holds no private key in PEM", "it begins with `-----BEGIN PRIVATE KEY-----`, or with `EC` or `RSA` in it")
        };
        let message = format!("`{}` {what}", path.display());
        Error::new(Kind::Invalid, "dbx::tls::key", message).help(help)
    })
}

fn unread(what: &str, path: &Path, error: &io::Error) -> Error {
    let message = format!("cannot read the {what} `{}`: {error}", path.display());
    let kind = match error.kind() {
        io::ErrorKind::InvalidInput => Kind::Invalid,
        _ => io_kind(error),
    };
    Error::new(kind, "dbx::tls::io", message)
        .help("check `--tls-cert` and `--tls-key`, and who may read the files")
}

fn unusable(files: &TlsFiles, error: &rustls::Error) -> Error {
    let TlsFiles { cert, key } = files;
    if let rustls::Error::InconsistentKeys(_) = error {
        let message = format!(
            "the key `{}` is not that of the certificate `{}`",
            key.display(),
            cert.display()
        );
        return Error::new(Kind::Invalid, "dbx::tls::mismatch", message)
            .help("give the key that the certificate was made with; the server's certificate comes first in its file");
    }
    let message = format!(
        "the certificate `{}` and the key `{}` cannot be used: {error}",
        cert.display(),
        key.display()
    );
    Error::new(Kind::Invalid, "dbx::tls::unusable", message)
        .help("RSA from 2048 bits, ECDSA with P-256, P-384 or P-521, and Ed25519 can be")
}

/// Nobody would talk to a server whose certificate does not hold.
fn check_time(path: &Path, cert: &CertificateDer<'_>, now: Timestamp) -> Result<()> {
    let Some((from, to)) = validity::of(cert) else { return Err(no_certificate(path)) };
    let what = if now < from {
        format!("does not hold before {from}")
    } else if now > to {
        format!("expired at {to}")
    } else {
        return Ok(());
    };
    let message = format!("the certificate `{}` {what}", path.display());
    Err(Error::new(Kind::Invalid, "dbx::tls::expired", message)
        .help("renew it, or check the clock of this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const NOW: &str = "2026-11-20T12:00:00Z";

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
    }

    /// A private copy of a fixture: a checkout gives no modes.
    fn copy(dir: &tempfile::TempDir, name: &str, mode: u32) -> PathBuf {
        let path = dir.path().join(name);
        std::fs::copy(fixture(name), &path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(dir: &tempfile::TempDir, cert: &str, key: &str) -> Result<Tls, (String, String)> {
        let files = TlsFiles { cert: fixture(cert), key: copy(dir, key, 0o600) };
        Tls::load(&files, NOW.parse().unwrap())
            .map_err(|error| (error.code().to_owned(), error.to_string()))
    }

    #[test]
    fn keys_of_all_three_forms_are_read() {
        let dir = tempfile::tempdir().unwrap();
        for (cert, key) in [
            ("server.pem", "server.key.pem"),
            ("server.pem", "server.sec1.pem"),
            ("rsa.pem", "rsa.pkcs1.pem"),
        ] {
            let tls = load(&dir, cert, key).unwrap();
            assert!(tls.is_for("localhost") && tls.is_for("db.example"), "{cert}");
            assert!(!tls.is_for("evil.example") && !tls.is_for("") && !tls.is_for("a b"));
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let code = |cert: &str, key: &str| load(&dir, cert, key).map(drop).unwrap_err().0;
        assert_eq!(code("missing.pem", "server.key.pem"), "dbx::tls::io");
        assert_eq!(code("server.key.pem", "server.key.pem"), "dbx::tls::certificate");
        assert_eq!(code("server.pem", "ca.pem"), "dbx::tls::key");
        assert_eq!(code("server.pem", "sealed.key.pem"), "dbx::tls::key");
        assert_eq!(code("server.pem", "rsa.pkcs1.pem"), "dbx::tls::mismatch");
        let (expired, message) = load(&dir, "expired.pem", "server.key.pem").unwrap_err();
        assert_eq!(expired, "dbx::tls::expired");
        assert!(message.ends_with("expired at 2021-01-01T00:00:00.000000Z"), "{message}");
        // What has no end, and what nobody writes to, are not waited for.
        let endless = TlsFiles { cert: "/dev/zero".into(), key: fixture("server.key.pem") };
        let error = Tls::load(&endless, NOW.parse().unwrap()).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("dbx::tls::io", Kind::Invalid), "{error}");
        let long = dir.path().join("long.pem");
        let more = usize::try_from(FILE_BYTES_MAX).unwrap() + 1;
        std::fs::write(&long, vec![b'#'; more]).unwrap();
        let error = Tls::load(&TlsFiles { cert: long, ..endless }, NOW.parse().unwrap());
        assert_eq!(error.unwrap_err().code(), "dbx::tls::io");
        let (_, message) = load(&dir, "server.pem", "sealed.key.pem").unwrap_err();
        assert!(message.ends_with("is encrypted"), "{message}");
    }

    #[test]
    fn a_key_that_everybody_may_read_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let now = NOW.parse().unwrap();
        for (mode, good) in [(0o600, true), (0o640, true), (0o644, false), (0o660, false)] {
            let files =
                TlsFiles { cert: fixture("server.pem"), key: copy(&dir, "server.key.pem", mode) };
            let loaded = Tls::load(&files, now);
            assert_eq!(loaded.is_ok(), good, "{mode:o}");
            if let Err(error) = loaded {
                assert_eq!(error.code(), "dbx::tls::mode");
            }
        }
    }
}
