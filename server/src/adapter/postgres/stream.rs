//! Bytes to and from a server: TCP, plain or encrypted, or a Unix socket.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use socket2::{SockRef, TcpKeepalive};

use super::settings::Settings;

/// An open way to the server.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Opens a plain way to the server.
    pub(super) fn open(settings: &Settings) -> io::Result<Self> {
        if let Some(folder) = settings.socket_folder() {
            let socket = folder.join(format!(".s.PGSQL.{}", settings.port));
            return UnixStream::connect(socket).map(Self::Unix);
        }
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (settings.host.as_str(), settings.port).to_socket_addrs()? {
            let connected = match settings.connect_timeout {
                Some(timeout) => TcpStream::connect_timeout(&address, timeout),
                None => TcpStream::connect(address),
            };
            match connected {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let mut keepalive = TcpKeepalive::new();
                    if let Some(idle) = settings.keepalives_idle {
                        keepalive = keepalive.with_time(idle);
                    }
                    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
                    return Ok(Self::Tcp(stream));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Asks the server to encrypt and does so. Where it cannot, the plain way comes back with `false`.
    pub(super) fn encrypt(
        self,
        settings: &Settings,
        config: &Arc<ClientConfig>,
    ) -> io::Result<(Self, bool)> {
        let Self::Tcp(mut stream) = self else {
            return Ok((self, false));
        };
        let mut request = BytesMut::new();
        frontend::ssl_request(&mut request);
        stream.write_all(&request)?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        if answer[0] != b'S' {
            return Ok((Self::Tcp(stream), false));
        }
        let name = ServerName::try_from(settings.host.clone()).map_err(io::Error::other)?;
        let session =
            ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok((Self::Tls(Box::new(stream)), true))
    }

    /// Bounds every wait for the server; `None` waits for good.
    pub(super) fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Unix(stream) => {
                stream.set_read_timeout(timeout)?;
                stream.set_write_timeout(timeout)
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(timeout)?;
                stream.set_write_timeout(timeout)
            }
            Self::Tls(stream) => {
                stream.sock.set_read_timeout(timeout)?;
                stream.sock.set_write_timeout(timeout)
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Unix(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
