//! Puts a Lariat together from its settings: store, directory, desk, doors, post room. `serve` and the sandbox run the
//! same thing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::cli::channels::{self, Channels};
use crate::cli::exit::Failure;
use crate::cli::shipped::{concept_maps, native_schema};
use crate::cli::store::location;
use crate::cli::{letters, packages};
use crate::config::Config;
use crate::definitions::Library;
use crate::domain::access::{Interaction, Permissions};
use crate::domain::clock::Clocks;
use crate::domain::id::Ids;
use crate::domain::party::CustodianId;
use crate::domain::routing::Language;
use crate::exchange::{Caller, Desk, Directory, Native, PartnerEntry, Party, Role, Settings, Source, Staff, Team};
use crate::fhir::ResourceType;
use crate::inbound::http::{Doors, Hosts, Limits, NativeSources, PageSettings, PartnerMail, serve};
use crate::inbound::poll::Poller;
use crate::inbound::timer;
use crate::mapping::{ConceptMaps, Mapping};
use crate::outbound::client::{Client, ClientOptions, system_lookup};
use crate::outbound::mailer::Mailer;
use crate::outbound::worker::{self, Worker};
use crate::security::api_key::ApiKeyTable;
use crate::security::scope::{self, Scopes};
use crate::store::{Options, Store};

/// A Lariat that stands and does not run yet.
#[derive(Debug)]
pub struct Running {
    /// The record.
    pub store: Store,
    /// The desk.
    pub desk: Desk,
    /// The HTTP doors.
    pub doors: Doors,
    /// Their routes.
    pub router: Router,
    /// The post room. It works when it is stepped, or by [`Running::run`].
    pub worker: Worker,
    /// Looks for answers at partners' own servers. It works when it is asked once, or by [`Running::run`].
    pub poller: Poller,
    /// What direct mails go through, when a relay is configured.
    pub mailer: Option<Arc<Mailer>>,
    /// The FHIR core and the packages of the settings.
    pub library: Arc<Library>,
}

/// Puts a Lariat together over a store that is migrated.
///
/// # Errors
/// What of the settings, the mappings or the store is not usable.
pub async fn assemble(config: &Config, clocks: impl Into<Clocks>, ids: Ids) -> Result<Running, Failure> {
    let clocks = clocks.into();
    let clock = clocks.work.clone();
    let native = native_sources(config)?;
    let store = Store::open(Options {
        location: location(config),
        node: config.store.node.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
        queue: config.store.queue,
        group: config.store.group,
        readers: config.store.readers,
    })
    .await?;
    let teams = teams(config, &store).await?;
    let directory =
        Directory::open(&store, &clock, &ids, &partners(config), sources(config, &native), teams).await?;
    let (keys, callers) = callers(config, &store, &directory).await?;
    let wake = Arc::new(Notify::new());
    let library = packages::library(config)?;
    let settings = Settings { base: base(config), zone: config.server.zone.clone(), library: Arc::clone(&library) };
    let desk = Desk::new(store.clone(), clocks, ids.clone(), settings, directory, Arc::clone(&wake));
    let limits = Limits { body_bytes: config.server.body_limit_bytes, request: config.server.request_timeout };
    let mailer = channels::mailer(config)?;
    let titles = titles(config, &store).await?;
    let mut pages = pages(config, &store).await?;
    pages.partners =
        letters::partner_mail(config, letters::clinics(config, &store).await?, mailer.as_ref(), &clock);
    let server = &config.server;
    let hosts = Hosts::new(&server.base_url, &server.hosts, server.listen.ip().is_loopback());
    let doors = Doors::new(desk.clone(), keys, callers, native, limits, hosts, pages);
    let router = doors.router();
    let ways = channels::ways(config, &store, &base(config));
    let client = Client::new(ClientOptions {
        policy: config.delivery.policy.clone(),
        deadline: config.delivery.deadline,
        lookup: system_lookup(),
    })
    .map_err(anyhow::Error::new)?;
    let poller = channels::poller(config, &desk, &ways, &client, &clock);
    let channels = Channels {
        ways,
        mailer: mailer.clone(),
        titles,
        zone: config.server.zone.clone(),
        links: letters::links(&desk, &config.server.base_url),
    };
    let worker = Worker {
        store: store.clone(),
        clock,
        ids,
        client,
        renderer: channels::renderer(desk.clone(), channels),
        wake,
        limits: worker::Limits {
            concurrency: config.delivery.concurrency,
            per_endpoint: config.delivery.per_endpoint,
            lease: worker::LEASE,
        },
    };
    Ok(Running { store, desk, doors, router, worker, poller, mailer, library })
}

impl Running {
    /// Serves `listener` and delivers until `stop` ends; then finishes what is under way, for at most `drain`.
    ///
    /// # Errors
    /// When a part of it broke, or ended before it was told to: the other part is then told to stop as well.
    pub async fn run(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
        drain: Duration,
    ) -> Result<(), Failure> {
        let (stopping, stopped) = watch::channel(false);
        let told = |mut stopped: watch::Receiver<bool>| async move {
            // An error means that the sender is gone: stop as well.
            let _ = stopped.wait_for(|stopping| *stopping).await;
        };
        let (doors_told, looks_told) = (told(stopped.clone()), told(stopped.clone()));
        let (timer_told, room_told) = (told(stopped.clone()), told(stopped));
        let mut parts = JoinSet::new();
        parts.spawn(serve(listener, self.router, doors_told));
        parts.spawn(self.poller.run(looks_told));
        let worker = self.worker;
        parts.spawn(timer::run(self.desk.clone(), worker.clock.clone(), timer_told));
        parts.spawn(async move { worker.run(room_told).await });
        let mut broken = None;
        tokio::select! {
            () = stop => tracing::info!(
                drain.secs = drain.as_secs(),
                "stopping: what is under way is finished (ask again to stop now; it is sent at the next start)"
            ),
            Some(ended) = parts.join_next() => {
                let why = ended.map_or_else(anyhow::Error::new, |()| anyhow::anyhow!("nobody had told it to"));
                broken = Some(why.context("a part of the server ended"));
            }
        }
        stopping.send_replace(true);
        let finished = tokio::time::timeout(drain, async {
            while let Some(ended) = parts.join_next().await {
                if let Err(error) = ended {
                    broken.get_or_insert(anyhow::Error::new(error).context("a part broke while it finished"));
                }
            }
        })
        .await;
        self.store.close().await;
        if finished.is_err() {
            tracing::warn!("the time to finish is over: what was under way is repeated at the next start");
        }
        broken.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// The FHIR base URL that clients use.
pub(super) fn base(config: &Config) -> String {
    format!("{}/fhir", config.server.base_url)
}

fn partners(config: &Config) -> Vec<PartnerEntry> {
    let entry = |partner: &crate::config::Partner| PartnerEntry {
        name: partner.name.clone(),
        title: partner.title.clone(),
        class: partner.class,
        identifier: partner.identifier.clone(),
        endpoint: partner.is_told().then(|| partner.name.clone()),
        reach: channels::reach(partner),
        calls_in: !partner.keys.is_empty(),
        services: partner.services.clone(),
    };
    config.partners.iter().map(entry).collect()
}

fn sources(config: &Config, native: &NativeSources) -> Vec<Source> {
    let source = |client: &crate::config::Client| Source {
        name: client.name.clone(),
        endpoint: client.is_told().then(|| client.name.clone()),
        native: native.get(&client.name).map(Arc::clone),
        team: client.team.clone(),
        language: client.language,
    };
    config.clients.iter().map(source).collect()
}

async fn teams(config: &Config, store: &Store) -> Result<Vec<Team>, Failure> {
    let mut teams = Vec::new();
    for team in &config.teams {
        teams.push(Team {
            name: team.name.clone(),
            title: team.title.clone(),
            custodian: store.register_custodian(&team.custodian).await?,
            kind: team.kind,
            phone: team.phone.clone(),
            hours: team.hours.clone(),
        });
    }
    Ok(teams)
}

/// What pages stand on: who may sign in, and where this is.
async fn pages(config: &Config, store: &Store) -> Result<PageSettings, Failure> {
    let mut staff = HashMap::new();
    for entry in &config.staff {
        let house = config.custodians.iter().find(|custodian| custodian.name == entry.custodian);
        let person = Staff {
            name: entry.name.clone(),
            title: entry.title.clone(),
            custodian: store.register_custodian(&entry.custodian).await?,
            house: house.map_or_else(|| entry.custodian.clone(), |custodian| custodian.title.clone()),
            role: Role::from_code(&entry.role).map_err(anyhow::Error::new)?,
            teams: entry.teams.clone(),
            language: entry.language,
        };
        staff.insert(entry.name.clone(), (person, entry.password_hash.clone()));
    }
    Ok(PageSettings {
        sandbox: config.sandbox,
        base_url: config.server.base_url.clone(),
        staff,
        proxies: config.server.trusted_proxies.clone(),
        partners: PartnerMail::default(),
    })
}

/// What people call the custodians.
async fn titles(config: &Config, store: &Store) -> Result<HashMap<CustodianId, String>, Failure> {
    let mut titles = HashMap::new();
    for custodian in &config.custodians {
        titles.insert(store.register_custodian(&custodian.name).await?, custodian.title.clone());
    }
    Ok(titles)
}

/// Who may call, by key, and for whom.
async fn callers(
    config: &Config,
    store: &Store,
    directory: &Directory,
) -> Result<(ApiKeyTable, HashMap<String, Caller>), Failure> {
    let mut custodians = HashMap::new();
    for custodian in &config.custodians {
        custodians.insert(custodian.name.as_str(), store.register_custodian(&custodian.name).await?);
    }
    let mut keys = Vec::new();
    let mut callers = HashMap::new();
    let mut add = |hashes: &[_], caller: Caller| {
        keys.extend(hashes.iter().map(|hash| (*hash, caller.name.clone())));
        callers.insert(caller.name.clone(), caller);
    };
    for client in &config.clients {
        if let Some(id) = custodians.get(client.custodian.as_str()) {
            let caller = Caller::new(&client.name, Party::Custodian(*id), permissions(&client.scopes));
            add(&client.keys, Caller { level: client.level, language: client.language, ..caller });
        }
    }
    for partner in &config.partners {
        if let Some(recipient) = directory.by_name(&partner.name) {
            let caller = Caller::new(&partner.name, Party::Recipient(recipient.id), permissions(&partner.scopes));
            let language = partner.email.as_ref().map_or(Language::English, |email| email.language);
            add(&partner.keys, Caller { level: partner.level, language, ..caller });
        }
    }
    Ok((ApiKeyTable::new(keys).map_err(anyhow::Error::new)?, callers))
}

/// What scopes mean for the types that are served.
fn permissions(scopes: &Scopes) -> Permissions {
    let letters = [
        (scope::Interaction::Create, Interaction::Create),
        (scope::Interaction::Read, Interaction::Read),
        (scope::Interaction::Update, Interaction::Update),
        (scope::Interaction::Delete, Interaction::Delete),
        (scope::Interaction::Search, Interaction::Search),
    ];
    let mut permissions = Permissions::none();
    for ty in ResourceType::ALL {
        for (asked, interaction) in letters {
            if scopes.allows(ty.name(), asked) {
                permissions.allow(ty.kind(), interaction);
            }
        }
    }
    permissions
}

/// The mappings of the clients that have one, read and checked.
pub(super) fn native_sources(config: &Config) -> Result<NativeSources, Failure> {
    let maps = concept_maps()?;
    let mut sources = NativeSources::new();
    for client in &config.clients {
        let text = client.mapping.as_ref().and_then(|name| config.mappings.iter().find(|text| text.name == *name));
        if let Some(text) = text {
            sources.insert(client.name.clone(), Arc::new(native(&text.file, &text.text, &maps)?));
        }
    }
    Ok(sources)
}

/// How records are read by the mapping in `text`.
pub(crate) fn native(file: &str, text: &str, maps: &ConceptMaps) -> Result<Native, Failure> {
    let mapping = Mapping::load(file, text, maps)?;
    Ok(Native { schema: native_schema(&mapping)?, mapping })
}
