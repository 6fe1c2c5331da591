//! nginx as a bare proxy: two workers, upstream keep-alive, no access log, all else its defaults.

use std::process::Command;

use anyhow::Result;

use crate::folder::Folder;
use crate::place::Place;
use crate::program;

/// The whole configuration file.
#[must_use]
pub fn config(place: &Place) -> String {
    let Place {
        listen,
        upstream,
        folder,
    } = place;
    format!(
        r#"daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    upstream bench {{
        server {upstream};
        keepalive 128;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {listen};
        keepalive_requests 1000000000;
        location / {{
            proxy_pass http://bench;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"#
    )
}

/// How it is started.
///
/// # Errors
/// When nginx is not installed, or its configuration cannot be written.
pub fn command(place: &Place, folder: &Folder) -> Result<Command> {
    let file = folder.write("nginx.conf", &config(place))?;
    let mut command = Command::new(program::installed("nginx", "nginx-light")?);
    command
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(file)
        .arg("-e")
        .arg("nginx-error.log");
    Ok(command)
}

/// What its hash in the report stands for.
///
/// # Errors
/// When nginx is not installed.
pub fn version() -> Result<String> {
    program::version(&program::installed("nginx", "nginx-light")?, "-v")
}
