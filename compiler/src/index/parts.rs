//! How the details of all nodes are cut into parts that a page without a server reads when it needs them.

/// Nodes in one part, about: enough that they compress well, few enough that one is read fast.
const NODES: usize = 64;

/// How many parts this many nodes are cut into.
pub fn groups_for(nodes: usize) -> u64 {
    nodes.div_ceil(NODES).max(1) as u64
}

/// The part that holds a node: the same wherever it is asked for, without a table.
pub fn group_of(id: &str, groups: u64) -> u64 {
    // FNV-1a spreads ids that differ in their ends only.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash % groups.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_spread_over_the_parts() {
        let groups = groups_for(1000);
        let mut counts = vec![0; groups as usize];
        for number in 0..1000 {
            counts[group_of(&format!("model.shop.orders_{number}"), groups) as usize] += 1;
        }
        assert_eq!(groups, 16);
        assert!(
            counts.iter().all(|count| (30..100).contains(count)),
            "{counts:?}"
        );
        assert_eq!(group_of("any", groups_for(0)), 0);
    }
}
