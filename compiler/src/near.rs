//! The names that somebody may have meant.

/// How many single-character changes turn one word into the other; neighbours that changed places count once.
pub fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut best = (last[column] + usize::from(a != b))
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

/// Words as alternatives: `a, b or c`.
pub fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Up to three of `candidates` that are close to `word`, the closest first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let lower = word.to_lowercase();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= limit + 4)
        .filter_map(|candidate| {
            let candidate_lower = candidate.to_lowercase();
            let mut away = distance(&lower, &candidate_lower);
            if away > limit
                && word.len() > 3
                && (candidate_lower.contains(&lower) || lower.contains(&candidate_lower))
            {
                away = limit;
            }
            (away <= limit).then_some((away, candidate))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `did you mean 'a', 'b' or 'c'?`, or nothing where no name is near.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let names: Vec<String> = nearest(word, candidates)
        .into_iter()
        .map(|name| format!("'{name}'"))
        .collect();
    let (last, first) = names.split_last()?;
    Some(if first.is_empty() {
        format!("did you mean {last}?")
    } else {
        format!("did you mean {} or {last}?", first.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered() {
        assert_eq!(distance("orders", "oredrs"), 1);
        assert_eq!(
            did_you_mean("stg_oders", ["stg_orders", "stg_payments", "dim_users"]),
            Some("did you mean 'stg_orders'?".into())
        );
        assert_eq!(did_you_mean("zzz", ["stg_orders"]), None);
    }
}
