//! A temporary PostgreSQL with its own defaults (fsync on), and `pgbench` as the yardstick.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::cores::Cores;

const YARDSTICK: &str = "yardstick";

/// The server; it stops when this is dropped or this process ends, as it watches its standard input.
pub struct Postgres {
    child: Child,
    bin: PathBuf,
    port: u16,
    _folder: TempDir,
}

impl Postgres {
    /// Starts one from the binaries on this machine; `None` when there are none.
    pub fn start(cores: &Cores) -> Option<Postgres> {
        let bin = binaries()?;
        let folder = crate::place::for_postgres();
        let other_user = unprivileged_user();
        if let Some((uid, gid)) = other_user {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))
                .expect("the folder can be given away");
        }
        let port = {
            let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            probe.local_addr().expect("an address").port()
        };
        let script = r#"set -e
"$1/initdb" -D "$2/data" -U almoner -A trust -E UTF8 --locale=C >"$2/initdb.log" 2>&1
"$1/postgres" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$2" >"$2/server.log" 2>&1 &
server=$!
cat >/dev/null || true
kill -QUIT $server; wait $server || true
rm -rf "$2/data"
"#;
        let mut command = cores.anywhere("sh");
        command.args(["-c", script, "pg", text(&bin), text(folder.path()), &port.to_string()]);
        command.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C must not reach the server before its script can clean up.
        command.process_group(0);
        if let Some((uid, gid)) = other_user {
            command.uid(uid).gid(gid);
        }
        let child = command.spawn().expect("the PostgreSQL script starts");
        let postgres = Postgres { child, bin, port, _folder: folder };
        postgres.wait();
        Some(postgres)
    }

    fn wait(&self) {
        let began = Instant::now();
        while block_on(PgConnection::connect(&self.url("postgres"))).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://almoner@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database; gives its address.
    pub fn database(&self, name: &str) -> String {
        block_on(async {
            let mut admin = PgConnection::connect(&self.url("postgres")).await.expect("PostgreSQL answers");
            let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
            sqlx::query(sql).execute(&mut admin).await.expect("a database");
        });
        self.url(name)
    }

    /// Fills the yardstick's tables: scale 10.
    pub fn prepare_yardstick(&self, cores: &Cores) {
        self.database(YARDSTICK);
        self.pgbench(cores, &["-i", "-q", "-s", "10"]);
    }

    /// Transactions a second of `pgbench -N -c 32 -T 5`, its client on the load generator's processor.
    pub fn yardstick(&self, cores: &Cores) -> f64 {
        self.tps(cores, &["-n", "-N", "-c", "32", "-T", "5"])
    }

    /// Transactions a second of `pgbench -S -M prepared -c 8 -T 3`: one row by its key, as fast as it goes.
    pub fn selects(&self, cores: &Cores) -> f64 {
        self.tps(cores, &["-n", "-S", "-M", "prepared", "-c", "8", "-T", "3"])
    }

    fn tps(&self, cores: &Cores, arguments: &[&str]) -> f64 {
        let told = self.pgbench(cores, arguments);
        let tps = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next());
        tps.and_then(|text| text.parse().ok()).expect("pgbench tells its tps")
    }

    fn pgbench(&self, cores: &Cores, arguments: &[&str]) -> String {
        let output = cores
            .on_load(text(&self.bin.join("pgbench")))
            .args(arguments)
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "almoner", YARDSTICK])
            .stdin(Stdio::null())
            .output()
            .expect("pgbench runs");
        assert!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // The script ends its server and is then done.
        let _ = self.child.wait();
    }
}

/// Runs a little database work to its end.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn binaries() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|v| v.path().join("bin")));
    }
    let complete = |p: &PathBuf| ["initdb", "postgres", "pgbench"].iter().all(|name| p.join(name).is_file());
    places.into_iter().find(complete)
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
