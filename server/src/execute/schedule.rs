//! The order of a run as a state machine: what may start, what is skipped, when it is over.

use std::collections::BTreeSet;

use super::plan::Plan;

/// Why a step is not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Skip {
    /// Something that it comes after failed or was skipped.
    Upstream,
    /// An ephemeral model that it reads cannot be compiled.
    Ephemeral {
        /// The model's unique id.
        model: String,
        /// What is wrong with it.
        error: String,
    },
    /// The run is stopping; the reason.
    Stopped(String),
}

/// What a worker does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Run this step; `number` counts the steps shown, from 1.
    Run { step: usize, number: usize },
    /// Write this step down as skipped.
    Skip {
        step: usize,
        number: usize,
        why: Skip,
    },
    /// Nothing can start before a running step ends.
    Wait,
    /// All steps ended.
    Done,
}

/// Which steps wait, are ready, and are to be skipped.
#[derive(Debug)]
pub(super) struct Schedule {
    /// For each step, how many of its parents have not ended.
    waiting: Vec<usize>,
    skip: Vec<Option<Skip>>,
    /// Ready steps by level, then by unique id.
    ready: BTreeSet<(usize, String, usize)>,
    running: usize,
    left: usize,
    started: usize,
    stopped: Option<String>,
}

impl Schedule {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut schedule = Self {
            waiting: plan.steps.iter().map(|step| step.parents.len()).collect(),
            skip: vec![None; plan.steps.len()],
            ready: BTreeSet::new(),
            running: 0,
            left: plan.steps.len(),
            started: 0,
            stopped: None,
        };
        for step in 0..plan.steps.len() {
            schedule.enqueue(plan, step);
        }
        schedule
    }

    /// From now on every step that has not started is skipped. The first reason is kept.
    pub(super) fn stop(&mut self, reason: &str) {
        self.stopped.get_or_insert_with(|| reason.to_owned());
    }

    /// The next thing to do; whoever takes a step must call [`Schedule::finish`] for it.
    pub(super) fn next(&mut self, plan: &Plan) -> Next {
        if self.left == 0 {
            return Next::Done;
        }
        let Some((_, _, step)) = self.ready.pop_first() else {
            return Next::Wait;
        };
        self.running += 1;
        let number = if plan.steps[step].subject.is_ephemeral() {
            0
        } else {
            self.started += 1;
            self.started
        };
        let stopped = self.stopped.clone().map(Skip::Stopped);
        match self.skip[step].take().or(stopped) {
            Some(why) => Next::Skip { step, number, why },
            None => Next::Run { step, number },
        }
    }

    /// A step ended. Where it `blocks`, all that comes after it is skipped for that reason.
    pub(super) fn finish(&mut self, plan: &Plan, step: usize, blocks: Option<Skip>) {
        self.running -= 1;
        self.left -= 1;
        for &child in &plan.steps[step].children {
            if let Some(why) = &blocks {
                // The reason that names an ephemeral model is the more telling one.
                if !matches!(self.skip[child], Some(Skip::Ephemeral { .. })) {
                    self.skip[child] = Some(why.clone());
                }
            }
            self.waiting[child] -= 1;
            self.enqueue(plan, child);
        }
    }

    fn enqueue(&mut self, plan: &Plan, step: usize) {
        if self.waiting[step] == 0 {
            let entry = &plan.steps[step];
            self.ready
                .insert((entry.level, entry.subject.unique_id().to_owned(), step));
        }
    }
}
