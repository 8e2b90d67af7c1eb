//! TLS at the address.

use super::{Connection, Request, Serving, Setup};
use crate::common::PATIENCE;
use dbx::server::{Access, TlsFiles};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// A server with TLS; the key is copied, because a checkout has its own ideas of modes.
fn serving(dir: &Path) -> Serving {
    let key = dir.join("key.pem");
    std::fs::copy(fixture("server.key.pem"), &key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let tls = Some(TlsFiles { cert: fixture("server.pem"), key });
    Serving::start(Setup { access: Access { tls, ..Access::default() }, ..Setup::default() })
}

fn config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture("ca.pem")).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Asks for `/version` as `host`; gives the answer as text, or why there is none.
fn ask(serving: &Serving, name: &'static str, host: &str) -> std::io::Result<String> {
    use std::io::{Read as _, Write as _};
    let name = ServerName::try_from(name).unwrap();
    let mut client = ClientConnection::new(config(), name).unwrap();
    let mut stream = TcpStream::connect(serving.daemon.address.as_ref().unwrap())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut tls = Stream::new(&mut client, &mut stream);
    let request =
        Request::new("GET", "/version").header("host", host).header("connection", "close");
    tls.write_all(&request.bytes())?;
    let mut answer = String::new();
    tls.read_to_string(&mut answer)?;
    assert_eq!(client.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(answer)
}

#[test]
fn the_address_speaks_tls_and_the_socket_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let serving = serving(dir.path());
    assert!(serving.daemon.tls);
    for (name, host) in
        [("localhost", "localhost"), ("db.example", "db.example"), ("127.0.0.1", "127.0.0.1")]
    {
        let answer = ask(&serving, name, host).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // The certificate is for one name, and the request for another.
    let answer = ask(&serving, "localhost", "evil.example").unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    // A name that it is not for.
    assert!(ask(&serving, "evil.example", "evil.example").is_err());
    serving.socket().get("/v1/status").is(200);
    // Who speaks plainly gets no answer, and takes nothing from others.
    let mut plain = Connection::open(serving.stranger().door());
    plain.write(&Request::new("GET", "/version").bytes()).unwrap();
    assert_ne!(plain.first_byte(), Some(b'H'));
    let idle: Vec<Connection> =
        (0..32).map(|_| Connection::open(serving.stranger().door())).collect();
    assert!(ask(&serving, "localhost", "localhost").unwrap().starts_with("HTTP/1.1 200"));
    drop(idle);
}
