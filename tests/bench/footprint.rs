//! Opening, and memory: each measured in a process of its own, which starts with nothing.

use crate::dbx::{Dbx, operation};
use crate::table::{Bar, median};
use crate::workload::{self, Chance, TYPE, payload};
use crate::{Bench, clients, disk, writes};
use dbx::wire::GetQuery;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The argument that makes this program such a process.
pub(crate) const CHILD: &str = "--child";

/// What a child does: prints numbers, separated by spaces.
pub(crate) fn child(what: &str, folder: &Path, rest: &[String]) {
    if what == "write" {
        return write(folder, rest);
    }
    let start = Instant::now();
    let db = Dbx::open(folder);
    let query = GetQuery {
        aggregate_type: TYPE.into(),
        aggregate_id: workload::id(1),
        ..GetQuery::default()
    };
    db.service.get(&db.caller, &query).unwrap();
    let opened = start.elapsed().as_secs_f64() * 1e3;
    match what {
        "open" => println!("{opened}"),
        "idle" => {
            // What an owner holds when it has looked around and nobody asks any more.
            drop(db.service.status(&db.caller).unwrap());
            println!("{}", resident("VmRSS:"));
        }
        "load" => {
            let time = Duration::from_secs(rest[0].parse().unwrap());
            let accounts: u64 = rest[1].parse().unwrap();
            clients::run(64, time, |number| {
                let (db, mut chance) = (db.clone(), Chance::new(number as u64 + 1));
                move || {
                    let account = chance.below(accounts);
                    db.commit(vec![operation(account, &payload(&mut chance), None)]);
                    if chance.below(8) == 0 {
                        db.service.get(&db.caller, &query_of(account)).unwrap();
                    }
                }
            });
            println!("{}", resident("VmHWM:"));
        }
        other => panic!("unknown child `{other}`"),
    }
    db.close();
}

/// Writes for some seconds with some clients and events per commit: what a profiler is pointed at.
fn write(folder: &Path, rest: &[String]) {
    let number = |index: usize| rest[index].parse::<usize>().unwrap();
    let (seconds, clients, size) = (number(0), number(1), number(2));
    let db = Dbx::create(folder);
    let look = writes::dbx(&db, clients, size, Duration::from_secs(seconds as u64));
    println!("{:.0} commits/s", look.rate);
    db.close();
}

fn query_of(account: u64) -> GetQuery {
    GetQuery {
        aggregate_type: TYPE.into(),
        aggregate_id: workload::id(account),
        ..GetQuery::default()
    }
}

/// A line of this process's memory in MiB (`proc_pid_status(5)`).
fn resident(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn ask(what: &str, folder: &Path, rest: &[&str]) -> f64 {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args([CHILD, what]).arg(folder).args(rest).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

pub(crate) fn open(bench: &mut Bench, folder: &Path) {
    let rounds = bench.scale.rounds * 2 + 1;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        disk::forget(folder);
        cold.push(ask("open", folder, &[]));
        warm.push(ask("open", folder, &[]));
    }
    let bar = Bar::Below(60.0, " ms");
    for (what, times, bar) in [
        ("open after a close to the first answer, files not in memory", cold, bar),
        ("open after a close to the first answer, files in memory", warm, Bar::None),
    ] {
        let time = median(times);
        bench.table.figure(what, format!("{time:.1} ms"), time, bar);
    }
    let what = "`dbx aggregate get`, files not in memory";
    let mut times = Vec::new();
    for _ in 0..rounds {
        disk::forget(folder);
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_dbx"))
            .args(["aggregate", "get", TYPE, &workload::id(1)])
            .current_dir(folder)
            .output()
            .unwrap();
        if !output.status.success() || output.stdout.is_empty() {
            bench.table.absent(what, "this build of `dbx` has no such command");
            return;
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let time = median(times);
    bench.table.figure(what, format!("{time:.1} ms"), time, bar);
}

pub(crate) fn memory(bench: &mut Bench, folder: &Path) {
    let events = bench.scale.events;
    let idle = ask("idle", folder, &[]);
    let what = format!("memory, idle at {events} events");
    bench.table.figure(&what, format!("{idle:.0} MiB"), idle, Bar::Below(64.0, " MiB"));
    let seconds = (bench.scale.sustained / 2).as_secs().to_string();
    let accounts = (events / 200).to_string();
    let load = ask("load", folder, &[&seconds, &accounts]);
    let what = format!("memory, most under load at {events} events");
    bench.table.figure(&what, format!("{load:.0} MiB"), load, Bar::Below(256.0, " MiB"));
}
