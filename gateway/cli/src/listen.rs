//! Listening, the same for the demo and for service: binds, serves, stops on a signal.

use std::net::SocketAddr;

use anyhow::Context as _;
use gateway_api::{Api, Sizes, ops_router, router};
use gateway_flow::Flow;
use gateway_http::{CursorKey, Limits, log_panics, serve_plain, serve_tls, server_config};
use rand::RngCore as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::Config;
use crate::{files, usage};

/// Bound and not served yet.
pub struct Listeners {
    portal: Option<TcpListener>,
    api: TcpListener,
    ops: TcpListener,
    mail: Option<TcpListener>,
}

impl Listeners {
    /// Binds what a configuration names.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        if !config.ops.address.ip().is_loopback() {
            return Err(usage(format!(
                "the operator's listener `{}` is plain HTTP: give an address on loopback, such as 127.0.0.1:9443",
                config.ops.address
            )));
        }
        let bind = async |address: SocketAddr, what| {
            let bound = TcpListener::bind(address).await;
            bound.with_context(|| format!("cannot listen at `{address}` for the {what}"))
        };
        Ok(Self {
            portal: match &config.portal {
                Some(portal) => Some(bind(portal.address, "portal").await?),
                None => None,
            },
            api: bind(config.api.address, "API").await?,
            ops: bind(config.ops.address, "operator").await?,
            mail: match &config.mail {
                Some(mail) => Some(bind(mail.address, "mail").await?),
                None => None,
            },
        })
    }

    /// Where they really listen: a port 0 has become one that was free.
    pub fn addresses(&self) -> anyhow::Result<(SocketAddr, SocketAddr)> {
        Ok((self.api.local_addr()?, self.ops.local_addr()?))
    }

    /// Where mail is listened for, where it is.
    pub fn mail_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        local(self.mail.as_ref())
    }

    /// Where the portal is, where there is one.
    pub fn portal_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        local(self.portal.as_ref())
    }

    /// Serves until SIGINT or SIGTERM, and returns when what was under way has ended.
    /// `ready` is called once everything is up.
    pub async fn serve(
        self,
        flow: Flow,
        config: &Config,
        ready: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        log_panics();
        let tls = server_config(
            &files::read(&config.api.certificate)?,
            &files::read(&config.api.key)?,
            Some(&files::read(&config.api.client_ca)?),
        )
        .context("the API's TLS")?;
        let scanner = config.scanner()?;
        let cursors = cursor_key(&flow).await?;
        let api = Api::new(flow.clone(), cursors, Sizes::default()).scanned_by(scanner.clone());
        let (stopping, stop) = watch::channel(false);
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (limits, app) = (Limits::default(), router(api.clone()));
        let mut tasks = Vec::new();
        if let (Some(listener), Some(portal)) = (self.portal, &config.portal) {
            let (certificate, key) = (files::read(&portal.certificate)?, files::read(&portal.key)?);
            let tls = server_config(&certificate, &key, None).context("the portal's TLS")?;
            let keyed = flow.clone().with_keys(portal.keys(config.mail.as_ref()));
            let pages = portal.router(keyed, api.clone(), scanner.clone());
            tasks.push(tokio::spawn(serve_tls(
                listener,
                tls,
                pages,
                limits,
                stop.clone(),
            )));
        }
        let machines = tokio::spawn(serve_tls(self.api, tls, app, limits, stop.clone()));
        let operator = tokio::spawn(serve_plain(self.ops, ops_router(api), limits, stop.clone()));
        tasks.extend([machines, operator]);
        if let (Some(listener), Some(mail)) = (self.mail, &config.mail) {
            let room = mail.room(&flow, scanner)?;
            let server = mail.server(listener, room.clone(), flow.clock.clone())?;
            tasks.push(tokio::spawn(server.serve(stop.clone())));
            tasks.push(tokio::spawn(room.run(stop.clone())));
        }
        if let Some(mesh) = &config.mesh {
            let room = mesh.room(&flow, config.scanner()?)?;
            tasks.push(tokio::spawn(room.run(stop.clone())));
        }
        tasks.push(tokio::spawn(flow.clone().run_clockwork(stop)));
        ready()?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        let _ = stopping.send(true);
        for task in tasks {
            task.await.context("a listener stopped before its time")?;
        }
        flow.store.close().await;
        Ok(())
    }
}

/// What binds the cursors of lists: one and the same in every gateway of an installation, and after
/// a restart, so that a list that was begun at one goes on at another. The vault makes it of a key
/// of the area whose log is the oldest.
async fn cursor_key(flow: &Flow) -> anyhow::Result<CursorKey> {
    let logs = flow.store.read().await?.logs().await?;
    let oldest = logs
        .into_iter()
        .min_by_key(|log| (log.created_at, log.id.clone()));
    let mut key = [0; 32];
    match oldest {
        Some(log) => {
            let made = flow.vault.blind(&log.area, "cursor", "lists").await?;
            hex::decode_to_slice(made, &mut key)?;
        }
        None => rand::rng().fill_bytes(&mut key),
    }
    Ok(CursorKey::new(&key))
}

fn local(listener: Option<&TcpListener>) -> anyhow::Result<Option<SocketAddr>> {
    Ok(listener.map(TcpListener::local_addr).transpose()?)
}
