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
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
}

impl AccessArgs {
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
