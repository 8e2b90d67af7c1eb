//! Who can reach a server, as flags.

use crate::cli::context::Context;
use crate::error::Error;
use crate::server::{Access, TlsFiles};
use clap::Args;
use std::path::PathBuf;

/// Who can reach a server
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct AccessArgs {
    /// Speak TLS at the address, with this certificate: PEM, the server's own first, then those that lead to the root
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM, which nobody else may read
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without TLS, as behind a proxy that speaks it
    #[arg(long)]
    insecure: bool,
    /// A name that requests may be for, beside `localhost` and those of the certificate; may be given more than once
    #[arg(long = "allow-host", value_name = "NAME", value_parser = host)]
    hosts: Vec<String>,
}

/// A name as requests have it in `Host`, without the port.
fn host(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(plain);
    if name.len() <= 253 && name.split('.').all(label) {
        return Ok(name.to_owned());
    }
    Err("a name such as db.example is expected, without a scheme and a port".to_owned())
}

impl AccessArgs {
    /// The flags as one would type them.
    pub(super) fn words(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.display().to_string();
        let files = [("--tls-cert", &self.tls_cert), ("--tls-key", &self.tls_key)];
        let files =
            files.into_iter().filter_map(|(name, file)| Some([name.into(), path(file.as_ref()?)]));
        let hosts = self.hosts.iter().map(|host| ["--allow-host".to_owned(), host.clone()]);
        let insecure = self.insecure.then(|| "--insecure".to_owned());
        files.chain(hosts).flatten().chain(insecure).collect()
    }

    /// These, and where they say nothing what `before` said.
    pub(super) fn or(&self, before: Self) -> Self {
        let new = self.clone();
        let (tls_cert, tls_key) = match new.tls_cert {
            Some(cert) => (Some(cert), new.tls_key),
            None => (before.tls_cert, before.tls_key),
        };
        let hosts = if new.hosts.is_empty() { before.hosts } else { new.hosts };
        Self { tls_cert, tls_key, insecure: new.insecure || before.insecure, hosts }
    }

    /// The same from wherever it is read.
    pub(super) fn absolute(&self, context: &Context) -> Result<Self, Error> {
        let file =
            |path: &Option<PathBuf>| path.as_ref().map(|path| context.file(path)).transpose();
        Ok(Self { tls_cert: file(&self.tls_cert)?, tls_key: file(&self.tls_key)?, ..self.clone() })
    }

    pub(super) fn read(&self, context: &Context) -> Result<Access, Error> {
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => {
                Some(TlsFiles { cert: context.file(cert)?, key: context.file(key)? })
            }
            _ => None,
        };
        Ok(Access {
            tls,
            insecure: self.insecure,
            hosts: self.hosts.clone(),
            runtime_dir: context.env.get_os("XDG_RUNTIME_DIR").map(PathBuf::from),
            ..Access::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_host_is_a_name_and_nothing_around_it() {
        for name in ["db.example", "localhost", "a_b-c.D", "127.0.0.1", "xn--bcher-kva.example"] {
            assert_eq!(host(name), Ok(name.to_owned()));
        }
        assert_eq!(host("db.example."), Ok("db.example".to_owned()), "as requests are compared");
        let long = format!("{}.example", "x".repeat(64));
        for text in [
            "",
            ".",
            "a b",
            "a..b",
            "db.example:7070",
            "https://db.example",
            "*.example",
            "ä",
            &long,
        ] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}
