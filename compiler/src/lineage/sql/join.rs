//! Joins: which columns both sides bring, and which they share.

use sqlparser::ast::{Expr, Ident, JoinConstraint, JoinOperator, ObjectName};
use sqlparser::tokenizer::Span;

use super::Analysis;
use super::dialect::Dialect;
use super::scope::{From, Scope};
use super::table::{Column, Effects, Open, Trace};

/// Which side's value a merged column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

/// What a join brings to the rest of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Both,
    Left,
    Right,
}

fn kind(operator: &JoinOperator) -> (Option<&JoinConstraint>, Side, Keeps) {
    use JoinOperator as J;
    match operator {
        J::Join(on)
        | J::Inner(on)
        | J::Left(on)
        | J::LeftOuter(on)
        | J::CrossJoin(on)
        | J::StraightJoin(on)
        | J::AsOf { constraint: on, .. } => (Some(on), Side::Left, Keeps::Both),
        J::Right(on) | J::RightOuter(on) => (Some(on), Side::Right, Keeps::Both),
        J::FullOuter(on) => (Some(on), Side::Both, Keeps::Both),
        J::Semi(on) | J::LeftSemi(on) | J::Anti(on) | J::LeftAnti(on) => {
            (Some(on), Side::Left, Keeps::Left)
        }
        J::RightSemi(on) | J::RightAnti(on) => (Some(on), Side::Right, Keeps::Right),
        _ => (None, Side::Left, Keeps::Both),
    }
}

impl Analysis<'_> {
    /// Joins `right` to what is in `left` from `start` on (positions among its visible and open columns).
    pub(super) fn join(
        &mut self,
        mut left: From,
        mut right: From,
        operator: &JoinOperator,
        start: (usize, usize),
        outer: &Scope,
    ) -> From {
        let (constraint, side, keeps) = kind(operator);
        let shared = match constraint {
            Some(JoinConstraint::Using(names)) => names.iter().filter_map(last).collect(),
            Some(JoinConstraint::Natural) => self.common(&mut left, &right, start),
            _ => Vec::new(),
        };
        self.merge(&mut left, &mut right, &shared, side, start);
        let counts = (left.visible.len(), left.open.len(), left.sources.len());
        left.append(right);
        if let JoinOperator::AsOf {
            match_condition, ..
        } = operator
        {
            self.join_condition(match_condition, &mut left, outer);
        }
        if let Some(JoinConstraint::On(condition)) = constraint {
            self.join_condition(condition, &mut left, outer);
        }
        match keeps {
            Keeps::Both => {}
            Keeps::Left => {
                left.visible.truncate(counts.0);
                left.open.truncate(counts.1);
                left.sources.truncate(counts.2);
            }
            Keeps::Right => {
                left.visible.drain(start.0..counts.0);
                left.open.drain(start.1..counts.1);
            }
        }
        left
    }

    fn join_condition(&mut self, condition: &Expr, left: &mut From, outer: &Scope) {
        let scope = Scope {
            from: std::mem::take(left),
            ..Scope::inside(outer)
        };
        let mut effects = Effects::default();
        self.condition(condition, &scope, &mut effects);
        *left = scope.from;
        left.effects.merge(&effects);
    }

    /// The columns of a natural join. Needs to know all of both sides.
    fn common(&mut self, left: &mut From, right: &From, start: (usize, usize)) -> Vec<Ident> {
        let known = left.open[start.1..].is_empty() && right.open.is_empty();
        if !known {
            // No place: the parser keeps none for NATURAL.
            let reason = "a natural join of relations whose columns are not all known";
            let gap = self.gap(reason, Span::empty());
            left.effects.gaps.insert(gap);
            return Vec::new();
        }
        left.visible[start.0..]
            .iter()
            .filter_map(|column| {
                let key = column.key.as_deref()?;
                let shared = right.visible.iter().any(|other| other.is(key));
                shared.then(|| Ident::with_quote('"', &column.shown))
            })
            .collect()
    }

    /// Lets each shared column stand once.
    fn merge(
        &mut self,
        left: &mut From,
        right: &mut From,
        names: &[Ident],
        side: Side,
        start: (usize, usize),
    ) {
        let mut first = start.0;
        for name in names {
            let key = self.key(name);
            let left_trace = self.side(&left.visible[start.0..], &left.open[start.1..], name, &key);
            let right_trace = self.side(&right.visible, &right.open, name, &key);
            left.effects.depend(&left_trace);
            left.effects.depend(&right_trace);
            let trace = match side {
                Side::Left => left_trace,
                Side::Right => right_trace,
                Side::Both => {
                    let mut both = left_trace;
                    both.merge(&right_trace);
                    both.transformed()
                }
            };
            for open in left.open[start.1..].iter_mut().chain(&mut right.open) {
                open.hide(&key);
            }
            right.visible.retain(|column| !column.is(&key));
            let place = left.visible[start.0..]
                .iter()
                .position(|column| column.is(&key))
                .map(|place| place + start.0);
            let shown = place.map_or_else(
                || self.shown(name),
                |place| left.visible[place].shown.clone(),
            );
            let column = Column {
                shown,
                key: Some(key),
                trace,
            };
            // DuckDB leaves the column where the left side has it, the others put shared columns first.
            match place {
                Some(place) if self.dialect == Dialect::DuckDb => left.visible[place] = column,
                place => {
                    if let Some(place) = place {
                        left.visible.remove(place);
                    }
                    left.visible.insert(first, column);
                    first += 1;
                }
            }
        }
    }

    /// What one side's column of a name is.
    fn side(&mut self, visible: &[Column], open: &[Open], name: &Ident, key: &str) -> Trace {
        if let Some(column) = visible.iter().find(|column| column.is(key)) {
            return column.trace.clone();
        }
        let mut may_have = open.iter().filter(|open| !open.hides(key));
        match (may_have.next(), may_have.next()) {
            (Some(Open::Relation { relation, .. }), None) => {
                let column = self.shown(name);
                Trace::copy_of(self.input(*relation, &column))
            }
            (Some(Open::Unknown(gap)), None) => Trace::unknown(*gap),
            (None, _) => {
                let reason = format!("one side of the join has no column {}", name.value);
                Trace::unknown(self.gap(reason, name.span))
            }
            (Some(_), Some(_)) => {
                let reason = format!("which relation {} is of is not known", name.value);
                Trace::unknown(self.gap(reason, name.span))
            }
        }
    }
}

fn last(name: &ObjectName) -> Option<Ident> {
    name.0.last().and_then(|part| part.as_ident().cloned())
}
