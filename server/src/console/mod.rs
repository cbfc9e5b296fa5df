//! All that a person or a log reader gets to see. The only place that writes to standard output.
//!
//! Standard output carries progress as dbt's does; for commands whose product is text (`ls`, `show`,
//! `compile` of one node) it carries that product alone, and progress goes to standard error.
//!
//! | file | what |
//! |---|---|
//! | [`record`] | one log event, as text and as dbt's JSON |
//! | [`diagnostic`] | users' mistakes with place, source line and hint |
//! | [`events`] | under which of dbt's events mistakes are told, and how often |
//! | [`progress`] | events of a run as lines |
//! | [`live`] | the same on a terminal |
//! | [`summary`] | what a run came to |
//! | [`logfile`] | `logs/refract.log` |
//! | [`table`] | rows of `show` |

pub mod diagnostic;
pub mod events;
pub mod live;
pub mod logfile;
pub mod progress;
pub mod record;
pub mod style;
pub mod summary;
pub mod table;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use compiler::diag::{Diagnostic, Diagnostics, Severity};
use serde_json::{Map, Value};

use crate::cli::global::{LogFormat, LogLevel};
use crate::cli::settings::Settings;
use crate::cli::warn_error::{DEPRECATIONS, WarnError};
use crate::execute::Level;
use crate::redact::Redactor;

pub use diagnostic::SourceText;
pub use record::Record;

use events::{Deprecations, Event};
use style::Palette;

/// How the console behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Form of the console's lines.
    pub format: LogFormat,
    /// Least level on the console.
    pub level: LogLevel,
    /// Errors and products only.
    pub quiet: bool,
    /// Whether `print()` is shown.
    pub print: bool,
    /// Colours asked for or ruled out; decided by the terminal otherwise.
    pub colors: Option<bool>,
    /// Width that progress lines are padded to.
    pub width: usize,
    /// Standard output is for the command's product.
    pub product: bool,
    /// Which warnings stop the command.
    pub warn_error: WarnError,
    /// Whether each deprecation is told with its place, however many there are.
    pub show_all_deprecations: bool,
    /// Id that every JSON line carries.
    pub invocation_id: String,
}

impl Options {
    /// What the settings say.
    pub fn new(settings: &Settings, product: bool, invocation_id: &str) -> Self {
        Self {
            format: settings.log_format,
            level: settings.log_level,
            quiet: settings.quiet,
            print: settings.print,
            colors: settings.use_colors,
            width: settings.printer_width,
            product,
            warn_error: settings.warn_error.clone(),
            show_all_deprecations: settings.show_all_deprecations,
            invocation_id: invocation_id.to_owned(),
        }
    }
}

/// Where everything is written. Clones share one state.
#[derive(Clone)]
pub struct Console {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    palette: Palette,
    terminal: bool,
    redactor: Mutex<Redactor>,
    file: Mutex<Option<logfile::LogFile>>,
    /// Whether a stream writes the fields of events, and not only their lines.
    writes_fields: AtomicBool,
    live: Mutex<Option<live::Live>>,
    deprecations: Mutex<Deprecations>,
}

impl Console {
    /// A console on this process's standard streams.
    pub fn new(options: Options, redactor: Redactor) -> Self {
        let terminal = if options.product {
            io::stderr().is_terminal()
        } else {
            io::stdout().is_terminal()
        };
        let colors = options
            .colors
            .unwrap_or_else(|| terminal && style::environment_allows());
        let palette = Palette::new(colors && options.format != LogFormat::Json);
        let writes_fields = AtomicBool::new(options.format == LogFormat::Json);
        Self {
            shared: Arc::new(Shared {
                options,
                palette,
                terminal,
                redactor: Mutex::new(redactor),
                file: Mutex::new(None),
                writes_fields,
                live: Mutex::new(None),
                deprecations: Mutex::default(),
            }),
        }
    }

    /// The colours in use.
    pub fn palette(&self) -> Palette {
        self.shared.palette
    }

    /// How it behaves.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// From now on writes to this log file too.
    pub fn attach_file(&self, file: logfile::LogFile) {
        if file.writes_fields() {
            self.shared.writes_fields.store(true, Ordering::Relaxed);
        }
        *lock(&self.shared.file) = Some(file);
    }

    /// Whether anybody reads the fields of events. Where only lines are written, they need not be made.
    pub fn writes_fields(&self) -> bool {
        self.shared.writes_fields.load(Ordering::Relaxed)
    }

    /// Adds values that must never be seen.
    pub fn hide(&self, secrets: impl IntoIterator<Item = String>) {
        lock(&self.shared.redactor).add(secrets);
    }

    /// Opens the live view for a run of `total` nodes, where there is a terminal to show it on.
    pub fn open_live(&self, total: usize) {
        let options = &self.shared.options;
        let readable = options.format != LogFormat::Json && options.format != LogFormat::Debug;
        if self.shared.terminal && readable && !options.quiet && options.level <= LogLevel::Info {
            *lock(&self.shared.live) =
                Some(live::Live::new(total, options.product, self.shared.palette));
        }
    }

    /// Takes the live view away.
    pub fn close_live(&self) {
        if let Some(live) = lock(&self.shared.live).take() {
            live.clear();
        }
    }

    /// Lets the live view do something, where there is one; says whether there is.
    fn with_live(&self, action: impl FnOnce(&mut live::Live)) -> bool {
        match lock(&self.shared.live).as_mut() {
            Some(live) => {
                action(live);
                true
            }
            None => false,
        }
    }

    /// Writes one event to the console and the log file, as their levels have it.
    pub fn log(&self, record: Record) {
        self.write(record, true);
    }

    /// The same for an event that the live view shows in its own way.
    fn log_beside_live(&self, record: Record) {
        let live = lock(&self.shared.live).is_some();
        self.write(record, !live);
    }

    fn write(&self, mut record: Record, on_console: bool) {
        let options = &self.shared.options;
        record.redact(&lock(&self.shared.redactor));
        if let Some(file) = lock(&self.shared.file).as_mut()
            && (!record.for_programs || file.writes_fields())
        {
            file.write(&record, &options.invocation_id);
        }
        let hidden = record.for_programs && options.format != LogFormat::Json;
        if !on_console || hidden || !self.shows(record.level) {
            return;
        }
        if options.format == LogFormat::Json {
            self.line(&record.json(&options.invocation_id), false);
        } else if record.level == Level::Print {
            self.out(&record.message);
        } else {
            let text = if options.format == LogFormat::Debug {
                record.detailed()
            } else {
                record.plain(self.shared.palette)
            };
            self.line(&text, options.product);
        }
    }

    fn shows(&self, level: Level) -> bool {
        let options = &self.shared.options;
        if level == Level::Print {
            return options.print;
        }
        let wanted = if options.quiet {
            LogLevel::Error
        } else {
            options.level
        };
        record::threshold(level) >= wanted && wanted != LogLevel::None
    }

    /// A line of news, without more structure.
    pub fn info(&self, message: impl Into<String>) {
        self.log(Record::new("Note", "Z050", Level::Info, message));
    }

    /// A line for the log file and `--debug`.
    pub fn debug(&self, message: impl Into<String>) {
        self.log(Record::new("Note", "Z050", Level::Debug, message));
    }

    /// A warning under one of dbt's event names. Says whether `--warn-error` makes an error of it.
    pub fn warn(&self, name: &str, code: &str, message: impl Into<String>) -> bool {
        let rules = &self.shared.options.warn_error;
        let names = if code.starts_with('D') {
            &[name, DEPRECATIONS][..]
        } else {
            &[name][..]
        };
        if rules.is_silent(names) {
            return false;
        }
        let fatal = rules.is_error(names);
        self.log(Record::new(
            name,
            code,
            if fatal { Level::Error } else { Level::Warn },
            message,
        ));
        fatal
    }

    /// A warning of a run that goes on, as `record` has it.
    fn warn_of(&self, warning: &Diagnostic, record: Record) {
        let event = events::of(warning);
        let own = events::own_name(warning.code);
        let options = &self.shared.options;
        let is_silent = options
            .warn_error
            .is_silent(&names(&event, &own, warning.code));
        let all = options.show_all_deprecations;
        if !is_silent && lock(&self.shared.deprecations).note(warning, &event, all) {
            self.log(record);
        }
    }

    /// Whether warnings of this code are errors.
    pub fn is_fatal(&self, code: &'static str) -> bool {
        let event = events::of(&Diagnostic::warning(code, String::new()));
        let own = events::own_name(code);
        let rules = &self.shared.options.warn_error;
        rules.is_error(&names(&event, &own, code))
    }

    /// The command's product: standard output, whatever `--quiet` says. In JSON it is an event of this name.
    pub fn product(
        &self,
        name: &'static str,
        code: &'static str,
        text: &str,
        data: Map<String, Value>,
    ) {
        if self.shared.options.format == LogFormat::Json {
            let mut record = Record::new(name, code, Level::Print, text);
            record.data = data;
            record.redact(&lock(&self.shared.redactor));
            self.line(&record.json(&self.shared.options.invocation_id), false);
        } else {
            self.out(&lock(&self.shared.redactor).apply(text));
        }
    }

    /// Shows mistakes; `source` gives the text of project files. Says whether any of them stops the command.
    pub fn diagnostics(&self, diagnostics: &Diagnostics, source: SourceText<'_>) -> bool {
        let rules = &self.shared.options.warn_error;
        let mut fatal = false;
        for diagnostic in &diagnostics.0 {
            let event = events::of(diagnostic);
            let own = events::own_name(diagnostic.code);
            let names = names(&event, &own, diagnostic.code);
            let is_warning = diagnostic.severity == Severity::Warning;
            if is_warning && rules.is_silent(&names) {
                continue;
            }
            let stops = !is_warning || rules.is_error(&names);
            fatal |= stops;
            let all = self.shared.options.show_all_deprecations;
            if lock(&self.shared.deprecations).note(diagnostic, &event, all) {
                self.diagnostic(diagnostic, &event, stops, source);
            }
        }
        fatal
    }

    /// Tells at the end what deprecations there were.
    pub fn sum_up_deprecations(&self) {
        let Some((record, worth_a_line)) = lock(&self.shared.deprecations).summary() else {
            return;
        };
        if worth_a_line || self.shared.options.format == LogFormat::Json {
            self.log(record);
        }
    }

    fn diagnostic(
        &self,
        diagnostic: &Diagnostic,
        event: &Event,
        stops: bool,
        source: SourceText<'_>,
    ) {
        let level = if stops { Level::Error } else { Level::Warn };
        let mut record = Record::new(&event.name, event.code, level, diagnostic.to_string());
        record.data = diagnostic::data(diagnostic);
        let options = &self.shared.options;
        if options.format == LogFormat::Json {
            self.log(record);
            return;
        }
        let shown = self.shows(level);
        if let Some(file) = lock(&self.shared.file).as_mut() {
            record.message = diagnostic::render(diagnostic, stops, Palette::new(false), source);
            record.redact(&lock(&self.shared.redactor));
            file.write(&record, &options.invocation_id);
        }
        if shown {
            let text = diagnostic::render(diagnostic, stops, self.shared.palette, source);
            let text = lock(&self.shared.redactor).apply(&text);
            self.line(&text, stops || options.product);
        }
    }

    /// Standard output, above the live view. A closed pipe (`refract ls | head`) is no mistake.
    fn out(&self, text: &str) {
        self.line(text, false);
    }

    fn line(&self, text: &str, to_stderr: bool) {
        let write = || {
            let _ = if to_stderr {
                writeln!(io::stderr(), "{text}")
            } else {
                writeln!(io::stdout(), "{text}")
            };
        };
        match lock(&self.shared.live).as_ref() {
            Some(live) => live.suspend(write),
            None => write(),
        }
    }
}

/// How a warning may be called in `warn_error_options`, the most particular first.
fn names<'a>(event: &'a Event, own: &'a str, code: &'a str) -> Vec<&'a str> {
    let mut names = vec![event.name.as_ref(), own, code];
    if event.code.starts_with('D') {
        names.push(DEPRECATIONS);
    }
    names
}

/// Tells of mistakes in the command line itself, before there are settings to go by.
pub fn complain(diagnostics: &Diagnostics) {
    let palette = Palette::new(io::stderr().is_terminal() && style::environment_allows());
    for diagnostic in &diagnostics.0 {
        let text = diagnostic::render(diagnostic, true, palette, &|_| None);
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// A poisoned lock still holds a whole value: every write under these locks is complete in itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
