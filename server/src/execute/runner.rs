//! The engine's front door.

use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use compiler::artifacts::manifest::{Node, Source};
use compiler::artifacts::results::{RunResult, RunResults, SourcesResults};
use compiler::parse::behavior::{FRESHNESS_HOOKS, SKIP_AFTER_HOOK};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use super::cancel::CancelToken;
use super::context::{Context, Line};
use super::event::{Event, EventSink, Level, Totals};
use super::journal::{Header, Journal};
use super::options::{Command, FILE_TIMEOUT, RunOptions};
use super::outcome::{Outcome, RunError};
use super::plan::Plan;
use super::watch::Watch;
use super::workers::{self, Work};
use super::{files, freshness, hooks, prepare, record, result};
use crate::adapter::{self, ConnectError, Connector, Patience, Target};
use crate::project::Project;
use crate::store::Gate;

/// How a run comes to its warehouse: [`adapter::open`], or what stands in front of it.
pub type Opener =
    dyn Fn(&Target, &Patience<'_>) -> Result<Arc<dyn Connector>, ConnectError> + Send + Sync;

/// Runs nodes of one project. Cheap to make; a run holds the warehouse only while it runs.
pub struct Runner {
    pub(super) project: Arc<Project>,
    pub(super) options: RunOptions,
    pub(super) events: Arc<dyn EventSink>,
    pub(super) cancel: CancelToken,
    opener: Arc<Opener>,
}

impl Runner {
    /// A runner over a project without errors.
    pub fn new(
        project: Arc<Project>,
        options: RunOptions,
        events: Arc<dyn EventSink>,
        cancel: CancelToken,
    ) -> Self {
        Self {
            project,
            options,
            events,
            cancel,
            opener: Arc::new(adapter::open),
        }
    }

    /// The same runner with another way to the warehouse: tests of faults put themselves in between.
    #[must_use]
    pub fn opened_by(mut self, opener: Arc<Opener>) -> Self {
        self.opener = opener;
        self
    }

    /// Runs the selected nodes (unique ids) and writes the artifacts. Nodes that the command does not run are left out.
    pub fn run(&self, command: Command, selected: &IndexSet<String>) -> Result<Outcome, RunError> {
        let plan = Plan::new(&self.project.manifest, command, selected)?;
        if plan.steps.is_empty() {
            return self.finish(command, None, Vec::new(), &[], 0.0);
        }
        let context = self.context(command, selected)?;
        let begun = Utc::now();
        let line = context.connect(&self.cancel)?;
        let watch = Watch::new(&self.cancel, vec![Arc::clone(&line.interrupt)]);
        let journal = Journal::begin(&self.project.target_path, self.header(command, &plan))?;
        let threads = self.options.threads.unwrap_or(self.project.threads);
        self.events.emit(Event::RunStarted {
            command,
            total: plan.counted(),
            threads,
            target: self.project.target.name.clone(),
        });
        let mut results = Vec::new();
        let mut work = Work::default();
        let mut refused_by_hook = None;
        if !self.cancel.is_cancelled() {
            let gate = self.gate()?;
            let refused = self.prepare(&context, &line, &plan)?;
            let begun = self.hooks(&context, &line, "on-run-start", &[]);
            drop(gate);
            results = begun.results;
            refused_by_hook = begun.refused;
            journal_all(&journal, &results)?;
            let failed = results.iter().any(|result| result.status.is_failure());
            work = if refused_by_hook.is_some() {
                Work::default()
            } else if failed && self.project.file.behavior.is_on(SKIP_AFTER_HOOK) {
                workers::skip_all(&context, &plan, &journal)?
            } else {
                workers::run(
                    &context,
                    &plan,
                    Some(&journal),
                    &refused,
                    &self.cancel,
                    threads,
                )?
            };
            results.append(&mut work.results);
            if !self.cancel.is_cancelled() && refused_by_hook.is_none() {
                let gate = self.gate()?;
                let ended = self.hooks(&context, &line, "on-run-end", &results);
                drop(gate);
                journal_all(&journal, &ended.results)?;
                results.extend(ended.results);
                refused_by_hook = ended.refused;
            }
        }
        drop(watch);
        let elapsed = result::seconds_since(begun);
        std::thread::scope(|scope| {
            // Closing a DuckDB file writes its last rows to it, which may take as long as writing the artifacts.
            scope.spawn(move || drop((line, context)));
            let ended = self.finish(command, Some(&journal), results, &work.compiled, elapsed)?;
            match refused_by_hook {
                Some(reason) if ended.cancelled.is_none() => Err(RunError::Request(reason)),
                _ => Ok(ended),
            }
        })
    }

    /// Looks at the age of the selected sources and writes `sources.json`: to `output`, or else to the target folder.
    pub fn freshness(
        &self,
        selected: &IndexSet<String>,
        output: Option<&Path>,
    ) -> Result<SourcesResults, RunError> {
        let sources: Vec<&Source> = selected
            .iter()
            .filter_map(|id| self.project.manifest.sources.get(id))
            .filter(|source| freshness::is_checked(source))
            .collect();
        let begun = Utc::now();
        let mut checked = Vec::new();
        let mut hooks_run = Vec::new();
        if !sources.is_empty() {
            let context = self.context(Command::Freshness, selected)?;
            let threads = self
                .options
                .threads
                .unwrap_or(self.project.threads)
                .clamp(1, sources.len());
            let lines = (0..threads)
                .map(|_| context.connect(&self.cancel))
                .collect::<Result<Vec<Line>, RunError>>()?;
            let _watch = Watch::new(
                &self.cancel,
                lines
                    .iter()
                    .map(|line| Arc::clone(&line.interrupt))
                    .collect(),
            );
            self.events.emit(Event::RunStarted {
                command: Command::Freshness,
                total: sources.len(),
                threads,
                target: self.project.target.name.clone(),
            });
            let gate = self.gate()?;
            hooks_run = self.hooks(&context, &lines[0], "on-run-start", &[]).results;
            drop(gate);
            checked = freshness::check_all(&context, &lines, &sources);
            let _gate = self.gate()?;
            hooks_run.extend(self.hooks(&context, &lines[0], "on-run-end", &[]).results);
        }
        let results = SourcesResults {
            metadata: record::metadata(&self.project, "sources/v3"),
            results: checked,
            elapsed_time: result::seconds_since(begun),
        };
        if self.options.write_json {
            record::write_manifest(&self.project, &[])?;
            let own = self.project.target_path.join("sources.json");
            files::write_json(output.unwrap_or(&own), &results)?;
        }
        let mut totals = Totals::of(&hooks_run);
        results
            .results
            .iter()
            .for_each(|result| totals.add(result.status));
        let cancelled = self.cancel.reason();
        self.events.emit(Event::RunFinished {
            totals,
            elapsed: results.elapsed_time,
            cancelled,
        });
        Ok(results)
    }

    /// Keeps other runs of the project out of what belongs to all of them.
    fn gate(&self) -> Result<Option<Gate>, RunError> {
        Gate::enter(&self.project.root, &self.cancel)
            .map_err(|error| RunError::Request(error.to_string()))
    }

    /// Opens the warehouse, which may mean to wait for it.
    pub(super) fn context(
        &self,
        command: Command,
        selected: &IndexSet<String>,
    ) -> Result<Context, RunError> {
        let events = Arc::clone(&self.events);
        let notice = move |message: &str| {
            events.emit(Event::Log {
                unique_id: None,
                level: Level::Info,
                message: message.to_owned(),
                at: Utc::now(),
            });
        };
        let patience = Patience {
            timeout: self.options.lock_timeout.unwrap_or(FILE_TIMEOUT),
            notice: &notice,
            cancel: &self.cancel,
        };
        let connector = (self.opener)(&self.project.target, &patience)?;
        Ok(Context::new(
            Arc::clone(&self.project),
            command,
            self.options.clone(),
            Arc::clone(&self.events),
            connector,
            selected,
        ))
    }

    /// Makes the warehouse ready; tells the steps that must not start, with the reason. A stop meanwhile is no error:
    /// nothing starts after it.
    fn prepare(
        &self,
        context: &Context,
        line: &Line,
        plan: &Plan,
    ) -> Result<IndexMap<usize, String>, RunError> {
        let prepared = prepare::run(context, line, plan).and_then(|()| {
            if self.options.require_fresh {
                freshness::refused(context, line, plan)
            } else {
                Ok(IndexMap::new())
            }
        });
        match prepared {
            Err(_) if self.cancel.is_cancelled() => Ok(IndexMap::new()),
            prepared => prepared,
        }
    }

    fn header(&self, command: Command, plan: &Plan) -> Header {
        Header {
            metadata: record::metadata(&self.project, "run-results/v6"),
            args: self.args(command),
            pid: std::process::id(),
            nodes: plan
                .steps
                .iter()
                .filter(|step| !step.subject.is_ephemeral())
                .map(|step| step.subject.unique_id().to_owned())
                .collect(),
        }
    }

    fn args(&self, command: Command) -> Map<String, Value> {
        let mut args = self.options.args.clone();
        for (name, on) in self.project.file.behavior.all() {
            args.insert(name.to_owned(), on.into());
        }
        args.entry("which")
            .or_insert_with(|| command.which().into());
        args
    }

    fn hooks(
        &self,
        context: &Context,
        line: &Line,
        phase: &str,
        results: &[RunResult],
    ) -> hooks::Ran {
        let wanted = context.command != Command::Freshness
            || self.project.file.behavior.is_on(FRESHNESS_HOOKS);
        if !context.command.has_hooks() || !wanted {
            return hooks::Ran::default();
        }
        let hooks = if phase == "on-run-start" {
            &self.project.on_run_start
        } else {
            &self.project.on_run_end
        };
        if hooks.is_empty() {
            return hooks::Ran::default();
        }
        let mut run_context = context.run_context();
        run_context.schemas = Arc::new(record::built_schemas(context, results));
        run_context.results = Arc::new(record::results_with_nodes(&self.project.manifest, results));
        hooks::run(context, line, hooks, phase, &run_context)
    }

    /// Writes the artifacts and tells that the run is over.
    pub(super) fn finish(
        &self,
        command: Command,
        journal: Option<&Journal>,
        results: Vec<RunResult>,
        compiled: &[Arc<Node>],
        elapsed: f64,
    ) -> Result<Outcome, RunError> {
        let results = RunResults {
            metadata: record::metadata(&self.project, "run-results/v6"),
            results,
            elapsed_time: elapsed,
            args: self.args(command),
        };
        if let Some(journal) = journal {
            journal.end(elapsed, self.cancel.reason())?;
        }
        if self.options.write_json {
            // Both are of one run, whoever ends at the same time.
            let _gate = self.gate()?;
            record::write_manifest(&self.project, compiled)?;
            files::write_json(&self.project.target_path.join("run_results.json"), &results)?;
        }
        let totals = Totals::of(&results.results);
        let cancelled = self.cancel.reason();
        self.events.emit(Event::RunFinished {
            totals,
            elapsed,
            cancelled: cancelled.clone(),
        });
        Ok(Outcome {
            results,
            totals,
            cancelled,
        })
    }
}

fn journal_all(journal: &Journal, results: &[RunResult]) -> Result<(), RunError> {
    results.iter().try_for_each(|result| journal.result(result))
}
