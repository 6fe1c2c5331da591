//! Proxies that do as they are told, for what real ones cannot be made to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a proxy does with whoever connects.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Says this after the client has spoken, and closes.
    Say(&'static [u8]),
    /// Says this after the client has spoken, and no more.
    SayAndWait(&'static [u8]),
    /// Says this after the client has spoken, then that after it has spoken again, and closes.
    SayTwice(&'static [u8], &'static [u8]),
    /// Closes at once.
    Close,
    /// Says nothing.
    Hang,
}

/// Starts such a proxy, and says where.
pub async fn start(act: Act) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(perform(act, client));
        }
    });
    address
}

async fn perform(act: Act, mut client: TcpStream) -> std::io::Result<()> {
    let mut heard = [0; 4096];
    match act {
        Act::Close => return Ok(()),
        Act::Hang => while client.read(&mut heard).await? > 0 {},
        Act::Say(words) => {
            let _ = client.read(&mut heard).await?;
            client.write_all(words).await?;
        }
        Act::SayAndWait(words) => {
            let _ = client.read(&mut heard).await?;
            client.write_all(words).await?;
            while client.read(&mut heard).await? > 0 {}
        }
        Act::SayTwice(first, second) => {
            let _ = client.read(&mut heard).await?;
            client.write_all(first).await?;
            let _ = client.read(&mut heard).await?;
            client.write_all(second).await?;
        }
    }
    client.shutdown().await
}

/// Address type and address of each request, in their order.
pub type Asked = Arc<Mutex<Vec<(u8, String)>>>;

/// A SOCKS5 proxy without login that leads everything to `target`, and notes what it was asked for.
pub async fn socks5_to(target: SocketAddr) -> (SocketAddr, Asked) {
    socks5_on((Ipv4Addr::LOCALHOST, 0).into(), target).await
}

/// The same where it is told to.
pub async fn socks5_on(address: SocketAddr, target: SocketAddr) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(lead(client, target, Arc::clone(&notes)));
        }
    });
    (address, asked)
}

async fn lead(mut client: TcpStream, target: SocketAddr, notes: Asked) -> std::io::Result<()> {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting).await?;
    let mut offered = vec![0; usize::from(greeting[1])];
    client.read_exact(&mut offered).await?;
    client.write_all(&[5, 0]).await?;
    let mut head = [0; 5];
    client.read_exact(&mut head).await?;
    let left = if head[3] == 1 { 3 } else { usize::from(head[4]) };
    let mut rest = vec![0; left + 2];
    client.read_exact(&mut rest).await?;
    let name = String::from_utf8_lossy(&rest[..rest.len() - 2]).into_owned();
    notes.lock().push((head[3], name));
    let mut server = TcpStream::connect(target).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
