//! What a daemon tells systemd: that it is ready, and that it ends (`sd_notify(3)`, a datagram on a socket).

use crate::workspace::Env;
use std::os::unix::net::UnixDatagram;

/// Says something to whatever started the process, if it wants to hear it. Nobody has to listen.
pub(super) fn tell(env: &Env, state: &str) {
    let Some(name) = env.get("NOTIFY_SOCKET") else { return };
    let Ok(socket) = UnixDatagram::unbound() else { return };
    let _ = match name.strip_prefix('@') {
        None => socket.send_to(state.as_bytes(), &name),
        Some(name) => send_to_abstract(&socket, name, state),
    };
}

#[cfg(target_os = "linux")]
fn send_to_abstract(socket: &UnixDatagram, name: &str, state: &str) -> std::io::Result<usize> {
    use std::os::linux::net::SocketAddrExt as _;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    socket.send_to_addr(state.as_bytes(), &address)
}

#[cfg(not(target_os = "linux"))]
fn send_to_abstract(_: &UnixDatagram, _: &str, _: &str) -> std::io::Result<usize> {
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_listens_hears_it_and_nobody_has_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let env = Env::fixed("/", [("NOTIFY_SOCKET", path.as_os_str())]);
        tell(&env, "READY=1");
        let mut heard = [0; 64];
        let length = listener.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1");
        tell(&Env::fixed("/", [("NOTIFY_SOCKET", "/nowhere/at/all")]), "READY=1");
        tell(&Env::default(), "READY=1");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_without_a_file() {
        use std::os::linux::net::SocketAddrExt as _;
        let name = format!("dbx-test-{}", uuid::Uuid::new_v4());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let listener = UnixDatagram::bind_addr(&address).unwrap();
        tell(&Env::fixed("/", [("NOTIFY_SOCKET", format!("@{name}"))]), "STOPPING=1");
        let mut heard = [0; 64];
        let length = listener.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"STOPPING=1");
    }
}
