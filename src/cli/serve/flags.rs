//! What a daemon is told, now and at its next start.

use super::access::AccessArgs;
use crate::cli::args::RestrictArg;
use crate::cli::context::Context;
use crate::error::{Error, Kind};
use crate::server::ServeOptions;
use crate::service::Restrict;
use crate::workspace::Config;
use clap::{Args, Parser};
use std::net::{IpAddr, SocketAddr};

/// How to serve. Where nothing is said, the configuration decides, and the restart of a daemon keeps what was said before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct ServeFlags {
    /// How writes are held against the schema: `off` not at all, `default` where they have one, `strict` refuses others
    #[arg(long, value_name = "MODE", env = "DBX_RESTRICT", hide_env_values = true)]
    #[arg(hide_possible_values = true)]
    restrict: Option<RestrictArg>,
    /// The TCP port, instead of the configured one; 0 takes one that is free
    #[arg(long, value_name = "PORT", conflicts_with = "no_tcp", value_parser = port)]
    port: Option<u16>,
    /// The IP address to listen on, instead of the configured one
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_tcp", value_parser = address)]
    bind_addr: Option<IpAddr>,
    /// Listen on the socket only
    #[arg(long)]
    no_tcp: bool,
    /// Apply `schema.dbx` whenever it changes, unless the change breaks something
    #[arg(long)]
    auto_apply: bool,
    /// What to log: `error`, `warn`, `info` or `debug`, also for single targets: `info,dbx::request=warn`
    #[arg(long, value_name = "FILTER", env = "DBX_LOG", hide_env_values = true)]
    log: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
}

/// The flags as words of their own.
#[derive(Debug, Parser)]
struct Words {
    #[command(flatten)]
    flags: ServeFlags,
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "a whole number from 0 to 65535 is expected".to_owned())
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "an IP address such as 127.0.0.1 is expected".to_owned())
}

impl ServeFlags {
    /// The flags as one would type them.
    pub(super) fn words(&self) -> Vec<String> {
        let Self { restrict, port, bind_addr, no_tcp, auto_apply, log, access } = self;
        let restrict = restrict.map(|mode| Restrict::from(mode).to_string());
        let values = [
            ("--restrict", restrict),
            ("--port", port.map(|port| port.to_string())),
            ("--bind-addr", bind_addr.map(|address| address.to_string())),
            ("--log", log.clone()),
        ];
        let values = values.into_iter().filter_map(|(name, value)| Some([name.into(), value?]));
        let switches = [("--no-tcp", no_tcp), ("--auto-apply", auto_apply)];
        let switches = switches.into_iter().filter(|(_, on)| **on).map(|(name, _)| name.into());
        values.flatten().chain(switches).chain(access.words()).collect()
    }

    /// These, and where they say nothing what `words` said before.
    ///
    /// # Errors
    /// Words of another version that this one does not know.
    pub(super) fn or(&self, words: &[String]) -> Result<Self, Error> {
        let given = std::iter::once("dbx").chain(words.iter().map(String::as_str));
        let before = Words::try_parse_from(given).map_err(|_| {
            let message = format!("it was started with flags that this version does not know: `{}`", words.join(" "));
            Error::new(Kind::Invalid, "dbx::serve::flags", message)
                .kept("it was left as it is")
                .help("stop it with `dbx serve stop`, and start it with flags that `dbx serve start --help` names")
        })?;
        let (new, old) = (self.clone(), before.flags);
        // Who asks for an address takes back that there should be none, and the other way round.
        let tcp = new.port.is_some() || new.bind_addr.is_some();
        let no_tcp = new.no_tcp || (old.no_tcp && !tcp);
        Ok(Self {
            restrict: new.restrict.or(old.restrict),
            port: new.port.or(old.port).filter(|_| !no_tcp),
            bind_addr: new.bind_addr.or(old.bind_addr).filter(|_| !no_tcp),
            no_tcp,
            auto_apply: new.auto_apply || old.auto_apply,
            log: new.log.or(old.log),
            access: new.access.or(old.access),
        })
    }

    /// The same from wherever they are read.
    ///
    /// # Errors
    /// The folder of the command is gone.
    pub(super) fn absolute(&self, context: &Context) -> Result<Self, Error> {
        Ok(Self { access: self.access.absolute(context)?, ..self.clone() })
    }

    /// What is logged.
    pub(super) fn filter(&self) -> Option<&str> {
        self.log.as_deref().filter(|filter| !filter.trim().is_empty())
    }

    /// How to serve, with what the configuration says.
    ///
    /// # Errors
    /// The folder of the command is gone.
    pub(super) fn options(
        &self,
        context: &Context,
        config: &Config,
        detached: bool,
    ) -> Result<ServeOptions, Error> {
        let address = SocketAddr::new(
            self.bind_addr.unwrap_or(config.bind_addr),
            self.port.unwrap_or(config.port),
        );
        Ok(ServeOptions {
            restrict: self.restrict.map(Restrict::from).unwrap_or_default(),
            user: context.user(),
            address: (!self.no_tcp).then_some(address),
            auto_apply: self.auto_apply,
            access: self.access.read(context)?,
            dashboard: false,
            detached,
            flags: self.words(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(words: &str) -> ServeFlags {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        ServeFlags::default().or(&words).unwrap()
    }

    #[test]
    fn words_say_the_flags_again() {
        for words in [
            "",
            "--restrict strict",
            "--restrict off --port 0 --bind-addr ::1 --log info,dbx::request=warn --auto-apply",
            "--no-tcp",
            "--tls-cert /c.pem --tls-key /k.pem --allow-host a.example --allow-host b.example --insecure",
        ] {
            assert_eq!(flags(words).words().join(" "), words);
        }
    }

    #[test]
    fn a_restart_keeps_what_it_is_not_told() {
        let kept = |new: &str, old: &str| {
            let old: Vec<String> = old.split_whitespace().map(str::to_owned).collect();
            flags(new).or(&old).unwrap().words().join(" ")
        };
        assert_eq!(kept("", "--restrict strict --port 8080"), "--restrict strict --port 8080");
        assert_eq!(kept("--port 9090", "--restrict off --port 8080"), "--restrict off --port 9090");
        assert_eq!(kept("--no-tcp", "--port 8080 --auto-apply"), "--no-tcp --auto-apply");
        assert_eq!(kept("--port 1", "--no-tcp"), "--port 1");
        assert_eq!(kept("--restrict default", "--restrict strict"), "--restrict default");
    }

    #[test]
    fn words_of_another_version_are_refused() {
        let error = ServeFlags::default().or(&["--teleport".to_owned()]).unwrap_err();
        assert_eq!(error.code(), "dbx::serve::flags");
    }
}
