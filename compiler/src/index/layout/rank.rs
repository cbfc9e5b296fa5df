//! Layers: each node one to the right of the rightmost thing that it reads.

use std::collections::VecDeque;

/// The layer of each node, from 0. Circles, which only foreign data can have, are cut where they are met.
pub(super) fn ranks(count: usize, edges: &[(u32, u32)]) -> Vec<u32> {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut waiting = vec![0_u32; count];
    for (from, to) in edges {
        children[*from as usize].push(*to);
        waiting[*to as usize] += 1;
    }
    let mut ranks = vec![0_u32; count];
    let mut done = vec![false; count];
    let mut order = Vec::with_capacity(count);
    let mut ready: VecDeque<u32> = (0..count as u32)
        .filter(|node| waiting[*node as usize] == 0)
        .collect();
    let mut next_stuck = 0;
    while order.len() < count {
        let Some(node) = ready.pop_front() else {
            // Only circles are left: start with the first node that is in or behind one.
            while done[next_stuck] {
                next_stuck += 1;
            }
            waiting[next_stuck] = 0;
            ready.push_back(next_stuck as u32);
            continue;
        };
        if std::mem::replace(&mut done[node as usize], true) {
            continue;
        }
        order.push(node);
        for child in &children[node as usize] {
            if done[*child as usize] {
                continue;
            }
            ranks[*child as usize] = ranks[*child as usize].max(ranks[node as usize] + 1);
            waiting[*child as usize] = waiting[*child as usize].saturating_sub(1);
            if waiting[*child as usize] == 0 {
                ready.push_back(*child);
            }
        }
    }
    pull_right(&order, &children, &mut ranks, edges);
    ranks
}

/// What reads nothing stands directly before its first reader, not at the far left.
fn pull_right(order: &[u32], children: &[Vec<u32>], ranks: &mut [u32], edges: &[(u32, u32)]) {
    let mut has_parent = vec![false; ranks.len()];
    for (_, to) in edges {
        has_parent[*to as usize] = true;
    }
    for node in order.iter().filter(|node| !has_parent[**node as usize]) {
        let first = children[*node as usize]
            .iter()
            .map(|child| ranks[*child as usize])
            .min();
        if let Some(first) = first {
            ranks[*node as usize] = first.saturating_sub(1);
        }
    }
}
