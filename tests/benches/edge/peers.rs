//! Workers in JavaScript that answer the same rules, under the same `workerd`, with the same write to a Durable Object.

use std::path::{Path, PathBuf};
use std::process::Command;

use acquaint_portable::rules::condition::{Condition, rule};
use acquaint_tests::environment::repository;
use acquaint_tests::process::Process;
use serde_json::Value;

/// A running worker: its port and its process.
pub(crate) struct Worker {
    process: Process,
    pub(crate) port: u16,
}

impl Worker {
    pub(crate) fn address(&self) -> (u16, u32) {
        (self.port, self.process.id())
    }

    /// Runs a folder that holds `worker.js`, and perhaps more modules that `modules` names in the form of the config.
    pub(crate) fn start(folder: &Path, modules: &str, stores: bool) -> Self {
        let objects = folder.join("objects");
        std::fs::create_dir_all(&objects).unwrap();
        let storage = if stores {
            "bindings = [(name = \"PROFILE\", durableObjectNamespace = \"Profile\")],
             durableObjectNamespaces = [(className = \"Profile\", uniqueKey = \"profile\", enableSql = true)],
             durableObjectStorage = (localDisk = \"objects\"),"
        } else {
            ""
        };
        let config = format!(
            "using Workerd = import \"/workerd/workerd.capnp\";
             const config :Workerd.Config = (
               services = [(name = \"worker\", worker = .worker), (name = \"objects\", disk = (writable = true))],
               sockets = [(name = \"http\", address = \"127.0.0.1:0\", http = (), service = \"worker\")],
             );
             const worker :Workerd.Worker = (compatibilityDate = \"2026-11-01\", modules = [{modules}], {storage});"
        );
        std::fs::write(folder.join("workerd.capnp"), config).unwrap();
        let mut command = Command::new(repository().join("node_modules/.bin/workerd"));
        command.args(["serve", "workerd.capnp", "--control-fd=1"]).current_dir(folder);
        command.arg(format!("--directory-path=objects={}", objects.display()));
        let mut process = Process::start("worker", folder, &mut command).unwrap();
        let port = process.line("its port", |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            (event["event"] == "listen").then(|| event["port"].as_u64())?
        });
        Self { process, port: u16::try_from(port.unwrap()).unwrap() }
    }

    /// A worker in JavaScript from `tests/peers/workers`, bundled with its engine.
    pub(crate) fn of_engine(folder: &Path, engine: &str, rules: usize) -> Self {
        let folder = folder.join(engine);
        std::fs::create_dir_all(&folder).unwrap();
        bundle(&folder, engine, rules);
        Self::start(&folder, "(name = \"worker.js\", esModule = embed \"worker.js\")", engine != "empty")
    }

    /// The empty worker in Rust.
    pub(crate) fn of_rust(folder: &Path, built: &Path) -> Self {
        let folder = folder.join("empty-rust");
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["index.js", "index_bg.wasm"] {
            std::fs::copy(built.join(file), folder.join(file)).unwrap();
        }
        let modules = "(name = \"index.js\", esModule = embed \"index.js\"), \
                       (name = \"index_bg.wasm\", wasm = embed \"index_bg.wasm\")";
        Self::start(&folder, modules, false)
    }
}

fn bundle(folder: &Path, engine: &str, rules: usize) {
    let here = repository().join("tests/peers/workers");
    let written: Vec<Vec<Condition>> = (0..rules).map(rule).collect();
    let json: Vec<Vec<Value>> =
        written.iter().map(|rule| rule.iter().map(Condition::json).collect()).collect();
    let closures: Vec<String> = written.iter().map(|rule| closure(rule)).collect();
    let file = |name: &str, text: &str| -> PathBuf {
        std::fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    };
    let rules =
        file("rules.json", &Value::from(json.into_iter().map(Value::from).collect::<Vec<_>>()).to_string());
    let compiled = file("compiled.js", &format!("export const compiled = [\n{}\n];\n", closures.join(",\n")));
    let unused = file("unused.js", "export class Engine {}\n");
    let entry = if engine == "empty" { "empty.js" } else { "worker.js" };
    let mut esbuild = Command::new(repository().join("node_modules/.bin/esbuild"));
    esbuild.arg(here.join(entry)).args(["--bundle", "--format=esm", "--minify", "--log-level=warning"]);
    esbuild.arg(format!("--alias:ENGINE={}", here.join(format!("{engine}.js")).display()));
    esbuild.arg(format!("--alias:RULES={}", rules.display()));
    esbuild.arg(format!("--alias:COMPILED={}", compiled.display()));
    // It looks for a module of Node when it is loaded, and none of the workers uses it.
    esbuild.arg(format!("--alias:json-rules-engine={}", unused.display()));
    esbuild.arg(format!("--outfile={}", folder.join("worker.js").display()));
    assert!(esbuild.status().unwrap().success(), "the worker of {engine} cannot be bundled");
}

/// A rule as one would write it by hand: it stops at the first condition that fails.
fn closure(rule: &[Condition]) -> String {
    let condition = |Condition { group, name, operator, constant }: &Condition| {
        let field = format!("p.{group}?.{name}");
        match (*operator, constant) {
            ("in", Value::Array(constants)) => {
                let any: Vec<String> = constants.iter().map(|one| format!("{field} === {one}")).collect();
                format!("({})", any.join(" || "))
            }
            ("=", constant) => format!("{field} === {constant}"),
            (operator, constant) => format!("{field} {operator} {constant}"),
        }
    };
    format!("(p) => {}", rule.iter().map(condition).collect::<Vec<_>>().join(" && "))
}
