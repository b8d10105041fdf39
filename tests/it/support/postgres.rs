//! A PostgreSQL for the tests: `TEST_DATABASE_URL`, or a temporary server from the binaries on this machine, or a
//! loud skip. `ALMONER_REQUIRE_POSTGRES=1` makes the skip a failure.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use almoner::store::Store;
use sqlx::{Connection, PgConnection};

/// Keeps the server's standard input open: it stops when this process ends.
struct Server {
    url: String,
    _child: Option<Mutex<Child>>,
}

static SERVER: LazyLock<Option<Server>> = LazyLock::new(start);
static MAKING: LazyLock<tokio::sync::Mutex<bool>> = LazyLock::new(|| tokio::sync::Mutex::new(false));

const TEMPLATE: &str = "almoner_test_template";

/// A fresh, migrated database; `None` when there is no PostgreSQL here.
pub async fn fresh_database() -> Option<String> {
    let server = match &*SERVER {
        Some(server) => server,
        None => {
            assert!(
                std::env::var("ALMONER_REQUIRE_POSTGRES").is_err(),
                "PostgreSQL is required here, but neither TEST_DATABASE_URL nor its binaries were found"
            );
            eprintln!("\n*** PostgreSQL SKIPPED: set TEST_DATABASE_URL or install its server binaries ***\n");
            return None;
        }
    };
    let mut template_ready = MAKING.lock().await;
    let mut admin = connect(&server.url).await;
    if !*template_ready {
        execute(&mut admin, format!("DROP DATABASE IF EXISTS {TEMPLATE}")).await;
        execute(&mut admin, format!("CREATE DATABASE {TEMPLATE}")).await;
        let store = Store::open_postgres(&named(&server.url, TEMPLATE)).await.expect("template opens");
        store.migrate().await.expect("template migrates");
        store.close().await;
        *template_ready = true;
    }
    let name =
        format!("almoner_test_{}", almoner::domain::ids::unguessable(&almoner::random::Random::system()));
    execute(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
    Some(named(&server.url, &name))
}

/// A database in which nothing is; `None` when there is no PostgreSQL here.
pub async fn empty_database() -> Option<String> {
    let url = fresh_database().await?;
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    let mut admin = connect(&SERVER.as_ref()?.url).await;
    execute(&mut admin, format!("DROP DATABASE {name}")).await;
    execute(&mut admin, format!("CREATE DATABASE {name}")).await;
    Some(url)
}

/// Drops a database made by [`fresh_database`].
pub async fn drop_database(url: &str) {
    let Some(server) = &*SERVER else { return };
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    let mut admin = connect(&server.url).await;
    execute(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
}

/// Accepting connections is not yet accepting sessions: a server that has just started says so and is asked again.
async fn connect(url: &str) -> PgConnection {
    let began = Instant::now();
    loop {
        match PgConnection::connect(url).await {
            Ok(connection) => return connection,
            Err(error) if began.elapsed() > Duration::from_secs(60) => panic!("PostgreSQL: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn execute(admin: &mut PgConnection, sql: String) {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(admin).await.expect("admin statement");
}

fn named(url: &str, database: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("a database in the URL");
    format!("{server}/{database}")
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        return Some(Server { url, _child: None });
    }
    let bin = binaries()?;
    let dir = std::env::temp_dir().join(format!("almoner-pg-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary directory");
    let other_user = unprivileged_user();
    if let Some((uid, gid)) = other_user {
        std::os::unix::fs::chown(&dir, Some(uid), Some(gid)).expect("the directory can be given away");
    }
    let port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        probe.local_addr().expect("an address").port()
    };
    let script = r#"set -e
"$1/initdb" -D "$2/data" -U almoner -A trust -E UTF8 --locale=C >"$2/initdb.log" 2>&1
"$1/postgres" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$2" -c max_connections=200 >"$2/server.log" 2>&1 &
server=$!
cat >/dev/null || true
kill -QUIT $server; wait $server || true
rm -rf "$2"
"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "pg", path(&bin), path(&dir), &port.to_string()]);
    command.current_dir(&dir).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // A test run's Ctrl-C must not reach the server before its script can clean up.
    command.process_group(0);
    if let Some((uid, gid)) = other_user {
        command.uid(uid).gid(gid);
    }
    let child = command.spawn().expect("the PostgreSQL script starts");
    wait_until_open(port, &dir);
    Some(Server {
        url: format!("postgres://almoner@127.0.0.1:{port}/postgres"),
        _child: Some(Mutex::new(child)),
    })
}

fn path(p: &Path) -> &str {
    p.to_str().expect("a path in UTF-8")
}

fn wait_until_open(port: u16, dir: &Path) {
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL did not start, see {}", dir.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn binaries() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|v| v.path().join("bin")));
    }
    places.into_iter().find(|p| p.join("initdb").is_file() && p.join("postgres").is_file())
}

/// PostgreSQL refuses to run as root: the ids of `postgres` or `nobody` then.
fn unprivileged_user() -> Option<(u32, u32)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let uid = status.lines().find(|l| l.starts_with("Uid:"))?.split_whitespace().nth(1)?;
    if uid != "0" {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let ids = |name: &str| {
        let line = users.lines().find(|l| l.split(':').next() == Some(name))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}
