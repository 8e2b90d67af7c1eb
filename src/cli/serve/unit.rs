use super::flags::ServeFlags;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::error::{Error, Kind};
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Print a unit for systemd
///
/// A unit of the user's own systemd that runs the daemon in the foreground, watches over it, and lets it write nowhere
/// but in the workspace. The flags are those that the daemon is to run with.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx serve unit > ~/.config/systemd/user/dbx-shop.service
  dbx serve unit --restrict strict --auto-apply
  systemctl --user daemon-reload && systemctl --user enable --now dbx-shop
  loginctl enable-linger    # also while nobody is logged in")]
pub(crate) struct UnitArgs {
    #[command(flatten)]
    flags: ServeFlags,
}

#[derive(Debug, Serialize)]
struct UnitDocument {
    name: String,
    unit: String,
}

pub(super) fn run(context: &mut Context, args: &UnitArgs) -> Outcome {
    let paths = context.paths()?;
    let program = std::env::current_exe()?;
    let config = context.config(&paths)?;
    let store = paths.clone().with_data_dir(config.data_dir.as_deref()).store;
    let places = Places { program: &program, root: &paths.root, store: &store };
    let unit = unit(&places, &args.flags.absolute(context)?.words())?;
    let name = name(&paths.root);
    if context.ui.json() {
        context.ui.document(&UnitDocument { name, unit })?;
        return Ok(Exit::Ok);
    }
    context.ui.raw(unit.as_bytes())?;
    context.ui.hint(format!(
        "put it into `~/.config/systemd/user/{name}`, then `systemctl --user daemon-reload` and `systemctl --user enable --now {name}`"
    ));
    Ok(Exit::Ok)
}

/// The paths that a unit names.
struct Places<'p> {
    program: &'p Path,
    root: &'p Path,
    store: &'p Path,
}

/// A name for the unit of a workspace: its folder's, as far as units may be called so (systemd.unit(5)).
fn name(root: &Path) -> String {
    let folder = root.file_name().unwrap_or_default().to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let folder: String = folder.chars().map(|c| if plain(c) { c } else { '-' }).take(64).collect();
    format!("dbx-{folder}.service")
}

fn unit(places: &Places<'_>, flags: &[String]) -> Result<String, Error> {
    let root = text(places.root)?;
    let mut command = vec![text(places.program)?, "-C", root, "serve", "start", "--foreground"];
    command.extend(flags.iter().map(String::as_str));
    let command: Vec<String> = command.into_iter().map(word).collect();
    let mut writable = path(root);
    if !places.store.starts_with(places.root) {
        let _ = write!(writable, " {}", path(text(places.store)?));
    }
    Ok(format!(
        "# Made by `dbx serve unit`, dbx {version}
[Unit]
Description=dbx in {description}
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=notify
ExecStart={command}
ExecReload=kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
# Wrong flags or configuration (2) and damage (5) do not mend themselves.
RestartPreventExitStatus=2 5
TimeoutStartSec=infinity
TimeoutStopSec=20
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={writable}
PrivateDevices=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
",
        version = env!("CARGO_PKG_VERSION"),
        description = percent(root),
        command = command.join(" "),
    ))
}

/// A path as text without line breaks, which no unit can hold.
fn text(path: &Path) -> Result<&str, Error> {
    path.to_str().filter(|text| !text.chars().any(char::is_control)).ok_or_else(|| {
        let shown = path.display().to_string().escape_debug().to_string();
        let message = format!("`{shown}` cannot stand in a unit");
        Error::new(Kind::Invalid, "dbx::serve::unit", message).help(
            "rename the folder, or make a link to it with a plain name and use that with `-C`",
        )
    })
}

/// Specifiers begin with a percent sign (systemd.unit(5)).
fn percent(text: &str) -> String {
    text.replace('%', "%%")
}

/// One word of a command line (systemd.service(5)): quoted where it has to be, without variables.
fn word(text: &str) -> String {
    let text = percent(text).replace('$', "$$");
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@+,%$".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One path of a list: as a word, where a dollar sign means nothing.
fn path(text: &str) -> String {
    word(text).replace("$$", "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(root: &str, flags: &[&str]) -> String {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let (program, root) = (Path::new("/opt/my tools/dbx"), Path::new(root));
        let store = root.join(".dbx/store");
        unit(&Places { program, root, store: &store }, &flags).unwrap()
    }

    #[test]
    fn paths_of_all_kinds_stay_one_word() {
        let line = |unit: &str, key: &str| {
            let line = unit.lines().find(|line| line.starts_with(key)).unwrap();
            line.to_owned()
        };
        let unit = of("/srv/100% \"sure\" $HOME\\x", &["--restrict", "strict"]);
        assert_eq!(
            line(&unit, "ExecStart="),
            r#"ExecStart="/opt/my tools/dbx" -C "/srv/100%% \"sure\" $$HOME\\x" serve start --foreground --restrict strict"#
        );
        assert_eq!(
            line(&unit, "ReadWritePaths="),
            r#"ReadWritePaths="/srv/100%% \"sure\" $HOME\\x""#
        );
        assert_eq!(line(&of("/srv/shop", &[]), "Description="), "Description=dbx in /srv/shop");
    }

    #[test]
    fn what_no_unit_can_hold_is_refused() {
        let (program, root) = (Path::new("/bin/dbx"), Path::new("/srv/two\nlines"));
        let places = Places { program, root, store: root };
        assert_eq!(unit(&places, &[]).unwrap_err().code(), "dbx::serve::unit");
    }

    #[test]
    fn a_store_elsewhere_may_be_written_too() {
        let (program, root, store) =
            (Path::new("/bin/dbx"), Path::new("/srv/a"), Path::new("/fast/b"));
        let unit = unit(&Places { program, root, store }, &[]).unwrap();
        assert!(unit.contains("\nReadWritePaths=/srv/a /fast/b\n"), "{unit}");
    }

    #[test]
    fn names_of_units() {
        assert_eq!(name(Path::new("/srv/shop")), "dbx-shop.service");
        assert_eq!(name(Path::new("/srv/my shop@home")), "dbx-my-shop-home.service");
    }
}
