//! One invocation: its settings, console, signals, and the project when it is opened.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use compiler::artifacts::osi::OSI_LOSS;
use compiler::diag::{Diagnostic, Diagnostics};
use compiler::jinja::{Deferral, JinjaWarning};
use serde_json::{Map, Value};

use super::Exit;
use super::failure::Failure;
use crate::adapter::Target;
use crate::cli::global::either;
use crate::cli::mapping::mapping;
use crate::cli::run::WindowArgs;
use crate::cli::settings::{CommandFlags, Settings, SettingsError};
use crate::cli::{Cli, Command};
use crate::console::logfile::LogFile;
use crate::console::{Console, Options, Record, summary};
use crate::execute::{CancelToken, FatalWarnings, Level, RunOptions};
use crate::project::{OpenOptions, Project, find_profiles};
use crate::redact::Redactor;

/// What every command works with.
#[derive(Clone)]
pub struct Context {
    /// Options, environment and project flags.
    pub settings: Settings,
    /// Where everything is told.
    pub console: Console,
    /// `--vars`.
    pub vars: Map<String, Value>,
    /// dbt's flags that have one value for all commands.
    pub flags: Map<String, Value>,
    /// Stops the work.
    pub cancel: CancelToken,
    /// The command line as given.
    pub line: Vec<String>,
    /// dbt's word for the command.
    pub which: &'static str,
    /// The id of this invocation.
    pub invocation_id: String,
    /// The folder that refract was started in.
    pub working_folder: PathBuf,
    interrupted: Arc<AtomicBool>,
    /// Whether the project is being read, which nothing else stops.
    reads: Arc<AtomicBool>,
}

impl Context {
    /// Puts the invocation together; nothing is printed yet.
    pub fn new(cli: &Cli, line: Vec<String>) -> Result<Self, Diagnostics> {
        let working_folder = std::env::current_dir().map_err(|error| {
            Diagnostic::error(
                "working-folder",
                format!("the working folder is gone: {error}"),
            )
        })?;
        let env = |name: &str| std::env::var(name).ok();
        let own = own_flags(&cli.command);
        let bare = Settings::resolve(&cli.global, &own, &env, &Map::new(), &working_folder)
            .map_err(complaint)?;
        let flags = project_flags(&bare);
        let settings = Settings::resolve(&cli.global, &own, &env, &flags, &working_folder)
            .map_err(complaint)?;
        let vars = match &cli.global.vars {
            Some(text) => mapping("--vars", text)?,
            None => Map::new(),
        };
        let invocation_id = uuid::Uuid::new_v4().to_string();
        let options = Options::new(&settings, cli.command.prints_its_product(), &invocation_id);
        let redactor = Redactor::of_environment(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        Ok(Self {
            console: Console::new(options, redactor),
            flags: crate::cli::flags::all(&settings, &cli.accepted, &flags),
            settings,
            vars,
            cancel: CancelToken::new(),
            line,
            which: cli.command.which(),
            invocation_id,
            working_folder,
            interrupted: Arc::default(),
            reads: Arc::default(),
        })
    }

    /// Opens the log, watches for signals, and says what runs.
    pub fn begin(&self, command: &Command) -> Result<(), Failure> {
        if self.settings.defer && matches!(command, Command::Serve(_)) {
            let hint = "defer runs from the command line; the page shows them too";
            return Err(super::failure::not_built("--defer", hint));
        }
        self.watch_signals();
        let works_on_project = !matches!(command, Command::Init(_));
        if works_on_project && self.settings.project_dir.join("dbt_project.yml").is_file() {
            self.open_log();
        }
        let message = format!("Running with refract={}", env!("CARGO_PKG_VERSION"));
        self.console.log(
            Record::new("MainReportVersion", "A001", Level::Info, message)
                .with("version", concat!("=", env!("CARGO_PKG_VERSION")))
                .with("log_version", 3),
        );
        self.console
            .debug(format!("command: {}", self.line.join(" ")));
        Ok(())
    }

    /// Warns of deprecated options and variables.
    pub fn tell_deprecated_forms(&self, cli: &Cli) -> Result<(), Failure> {
        let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let by_old_keys = self.settings.warn_error.by_old_keys;
        let found = super::deprecated::forms(cli, &self.line, by_old_keys, variables);
        if self.console.diagnostics(&found, &|_| None) {
            return Err(Failure::Told);
        }
        Ok(())
    }

    /// A log that cannot be written is told and does not stop the command.
    fn open_log(&self) {
        let folder = self.settings.project_dir.join(
            self.settings
                .log_path
                .as_deref()
                .unwrap_or(Path::new("logs")),
        );
        match LogFile::open(
            &folder,
            self.settings.log_format_file,
            self.settings.log_level_file,
        ) {
            Ok(file) => self.console.attach_file(file),
            Err(error) => {
                self.console.warn(
                    "LogFile",
                    "Z002",
                    format!("cannot write the log in {}: {error}", folder.display()),
                );
            }
        }
    }

    /// The first signal stops the run in order, the second ends the process.
    fn watch_signals(&self) {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else {
            return;
        };
        let (cancel, interrupted) = (self.cancel.clone(), Arc::clone(&self.interrupted));
        let (reads, console) = (Arc::clone(&self.reads), self.console.clone());
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if interrupted.swap(true, Ordering::SeqCst) {
                    std::process::exit(128 + signal);
                }
                let reason = if signal == SIGTERM {
                    "terminated"
                } else {
                    "interrupted"
                };
                if reads.load(Ordering::SeqCst) {
                    console.info(format!("Stopped: {reason}"));
                    std::process::exit(Exit::Stopped.code().into());
                }
                cancel.cancel(reason);
            }
        });
    }

    /// Whether a signal came.
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// How projects are opened here.
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            project_dir: Some(self.settings.project_dir.clone()),
            profiles_dir: self.settings.profiles_dir.clone(),
            profile: self.settings.profile.clone(),
            target: self.settings.target.clone(),
            vars: self.vars.clone(),
            threads: self.settings.threads,
            target_path: self.settings.target_path.clone(),
            command: self.which.to_owned(),
            flags: self.jinja_flags(),
            invocation_id: Some(self.invocation_id.clone()),
        }
    }

    /// `flags` of the Jinja context: names in capitals.
    fn jinja_flags(&self) -> Map<String, Value> {
        let settings = &self.settings;
        let path = |path: &Path| Value::from(path.display().to_string());
        let own = [
            ("full_refresh", settings.full_refresh.into()),
            ("store_failures", settings.store_failures.into()),
            ("fail_fast", settings.fail_fast.into()),
            ("debug", settings.debug.into()),
            ("empty", settings.empty.into()),
            ("defer", settings.defer.into()),
            ("favor_state", settings.favor_state.into()),
            ("warn_error", settings.warn_error.all.into()),
            ("profile", settings.profile.clone().into()),
            ("target", settings.target.clone().into()),
            ("threads", settings.threads.into()),
            ("vars", self.vars.clone().into()),
            ("project_dir", path(&settings.project_dir)),
            (
                "profiles_dir",
                settings.profiles_dir.as_deref().map_or(Value::Null, path),
            ),
            ("state", settings.state.as_deref().map_or(Value::Null, path)),
        ];
        let own = own
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let all = self.flags.clone().into_iter().chain(own);
        all.map(|(name, value)| (name.to_uppercase(), value))
            .collect()
    }

    /// Reads the project and tells all that is odd or wrong in it.
    pub fn open(&self) -> Result<Arc<Project>, Failure> {
        self.reads.store(true, Ordering::SeqCst);
        if self.was_interrupted() {
            return Err(Failure::Told);
        }
        let opened = crate::project::open(&self.open_options());
        self.reads.store(false, Ordering::SeqCst);
        let mut opened = opened?;
        if !self.settings.write_json {
            // What is lost in a file is nothing to tell where the file is not written; so does dbt.
            opened.diagnostics.0.retain(|it| it.code != OSI_LOSS);
        }
        let project = opened.project;
        self.console.hide(
            project
                .target
                .secrets
                .iter()
                .filter(|secret| !is_no_secret(secret, &project.target))
                .cloned(),
        );
        let source = |file: &str| std::fs::read_to_string(project.root.join(file)).ok();
        if self.console.diagnostics(&opened.diagnostics, &source) {
            return Err(Failure::Told);
        }
        self.warn_of_own_state(&project);
        let counts = summary::project_counts(&project.manifest);
        self.console.log(
            Record::new("FoundStats", "W006", Level::Info, format!("Found {counts}"))
                .with("stat_line", counts),
        );
        Ok(project)
    }

    /// The same for a command after which the process ends: the project is not freed piece by piece, which takes a
    /// tenth of the time that reading it took.
    pub fn open_for_good(&self) -> Result<ManuallyDrop<Arc<Project>>, Failure> {
        self.open().map(ManuallyDrop::new)
    }

    /// A state that this command itself writes over is most likely a mistake; dbt's event of that name.
    fn warn_of_own_state(&self, project: &Project) {
        if self.which == "retry" {
            return;
        }
        let states = [&self.settings.state, &self.settings.defer_state];
        for folder in states.into_iter().flatten() {
            if self.working_folder.join(folder) != project.target_path {
                continue;
            }
            let shown = folder
                .strip_prefix(&self.working_folder)
                .unwrap_or(folder)
                .display()
                .to_string();
            let message = format!(
                "The state and target directories are the same: '{shown}'. Commands that \
                 write artifacts write over what is compared with or deferred to: copy it to another folder first"
            );
            self.console.log(
                Record::new("WarnStateTargetEqual", "I072", Level::Warn, message)
                    .with("state_path", shown),
            );
        }
    }

    /// How nodes are run here; the command adds its own options.
    pub fn run_options(&self, args: Map<String, Value>, lock_timeout: Option<f64>) -> RunOptions {
        RunOptions {
            threads: self.settings.threads,
            full_refresh: self.settings.full_refresh,
            fail_fast: self.settings.fail_fast,
            store_failures: self.settings.store_failures,
            write_json: self.settings.write_json,
            empty: self.settings.empty,
            sample: self.settings.sample,
            event_time: self.settings.event_time,
            lock_timeout: lock_timeout
                .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok()),
            args,
            fatal: FatalWarnings {
                tests: self.settings.warn_error.is_error(&["LogTestResult"]),
                macros: Arc::new(
                    JinjaWarning::ALL
                        .into_iter()
                        .filter(|warning| self.console.is_fatal(warning.code()))
                        .collect(),
                ),
            },
            ..RunOptions::default()
        }
    }

    /// Where nodes are read that are not built here; nowhere else without `--defer`, which `clone` always means.
    pub fn deferral(&self) -> Result<Arc<Deferral>, Failure> {
        let settings = &self.settings;
        if !settings.defer && self.which != "clone" {
            return Ok(Arc::default());
        }
        let Some(folder) = settings.defer_state.as_ref().or(settings.state.as_ref()) else {
            return Err(Diagnostic::error(
                "no-state",
                "--state or --defer-state are required for deferral, but neither was provided",
            )
            .hint("name the folder that holds the other environment's manifest.json")
            .into());
        };
        let manifest = crate::selection::manifest_in(folder)?;
        Ok(Arc::new(Deferral::to(&manifest, settings.favor_state)))
    }

    /// Tells why the command could not run, and its exit code.
    pub fn report(&self, failure: Failure) -> Exit {
        self.console.close_live();
        match failure {
            Failure::Told => Exit::Stopped,
            Failure::Say(diagnostics, exit) => {
                let root = &self.settings.project_dir;
                self.console.diagnostics(&diagnostics, &|file| {
                    std::fs::read_to_string(root.join(file)).ok()
                });
                exit
            }
        }
    }
}

/// A password that is the user's, the database's or the target's name hides nothing, and blotting it out would make
/// every line unreadable.
fn is_no_secret(secret: &str, target: &Target) -> bool {
    let named = ["user", "dbname", "database", "schema", "host", "type"];
    secret == target.name
        || secret == target.kind
        || named
            .iter()
            .any(|key| target.config.get(*key).and_then(Value::as_str) == Some(secret))
}

fn complaint(error: SettingsError) -> Diagnostics {
    let code = match error {
        SettingsError::Environment { .. } => "environment",
        SettingsError::Window { .. } => "option",
        SettingsError::WarnError(mistake) => return mistake.into(),
    };
    Diagnostic::error(code, error.to_string()).into()
}

/// The project's `flags:`.
fn project_flags(settings: &Settings) -> Map<String, Value> {
    match project_value(&settings.project_dir, "flags") {
        Some(Value::Object(flags)) if !flags.is_empty() => flags,
        _ => flags_of_profiles(settings),
    }
}

/// Flags at the place that they had before: below `config` in `profiles.yml`.
fn flags_of_profiles(settings: &Settings) -> Map<String, Value> {
    let found = find_profiles(settings.profiles_dir.as_deref(), &settings.project_dir);
    let Ok(Ok(file)) = found else {
        return Map::new();
    };
    match value_in(&file, "config") {
        Some(Value::Object(flags)) => flags,
        _ => Map::new(),
    }
}

/// One key of `dbt_project.yml` as written. Mistakes in the file are told when the project is opened.
pub fn project_value(project: &Path, key: &str) -> Option<Value> {
    value_in(&project.join("dbt_project.yml"), key)
}

/// One key of a YAML file as written.
fn value_in(file: &Path, key: &str) -> Option<Value> {
    let text = std::fs::read_to_string(file).ok()?;
    match compiler::yaml::load(&text, &file.to_string_lossy())
        .ok()?
        .root
        .to_json()
    {
        Value::Object(mut root) => root.remove(key),
        _ => None,
    }
}

/// Options of single commands that environment and project may set too.
fn own_flags(command: &Command) -> CommandFlags {
    let building = match command {
        Command::Build(args) => Some(&args.building),
        Command::Run(args) => Some(&args.building),
        Command::Seed(args) => Some(&args.building),
        _ => None,
    };
    CommandFlags {
        full_refresh: building.is_some_and(|args| args.full_refresh)
            || match command {
                Command::Compile(args) => args.full_refresh,
                Command::Show(args) => args.full_refresh,
                Command::Retry(args) => args.full_refresh,
                Command::Clone(args) => args.full_refresh,
                _ => false,
            },
        store_failures: match command {
            Command::Build(args) => args.store_failures,
            Command::Test(args) => args.store_failures,
            _ => false,
        },
        empty: match command {
            Command::Compile(args) => either(args.empty, args.no_empty),
            Command::Snapshot(args) => either(args.empty, args.no_empty),
            _ => building.and_then(|args| either(args.empty, args.no_empty)),
        },
        introspect: match command {
            Command::Compile(args) => either(args.introspect, args.no_introspect),
            _ => None,
        },
        window: match command {
            Command::Build(args) => args.window.clone(),
            Command::Run(args) => args.window.clone(),
            _ => WindowArgs::default(),
        },
    }
}
