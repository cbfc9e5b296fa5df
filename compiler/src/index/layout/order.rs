//! The order within each layer, so that few edges cross.

/// Sweeps to the right and back; the best order seen is kept.
const SWEEPS: usize = 8;

/// Beyond this many points on long edges the rest of them are drawn straight, to bound time and memory.
const MOST_POINTS: usize = 400_000;

/// Nodes and the points of long edges, layer by layer. Points have numbers after those of the nodes.
pub(super) struct Layers {
    /// Members of each layer, from top to bottom.
    pub(super) layers: Vec<Vec<u32>>,
    /// Left neighbours of each member.
    pub(super) left: Vec<Vec<u32>>,
    /// Right neighbours of each member.
    pub(super) right: Vec<Vec<u32>>,
    /// For each edge the points on its way, from left to right.
    pub(super) chains: Vec<Vec<u32>>,
    /// Nodes without edges, which are in no layer.
    pub(super) lonely: Vec<u32>,
    nodes: usize,
    ranks: Vec<u32>,
}

impl Layers {
    pub(super) fn new(ranks: &[u32], edges: &[(u32, u32)]) -> Self {
        let count = ranks.len();
        let last = ranks.iter().max().map_or(0, |rank| *rank as usize + 1);
        let mut all = Self {
            layers: vec![Vec::new(); last],
            left: vec![Vec::new(); count],
            right: vec![Vec::new(); count],
            chains: Vec::with_capacity(edges.len()),
            lonely: Vec::new(),
            nodes: count,
            ranks: ranks.to_vec(),
        };
        for (from, to) in edges {
            let chain = all.chain(*from, *to);
            all.chains.push(chain);
        }
        for node in 0..count as u32 {
            if all.left[node as usize].is_empty() && all.right[node as usize].is_empty() {
                all.lonely.push(node);
            }
        }
        all.place();
        all
    }

    pub(super) fn rank(&self, member: u32) -> u32 {
        self.ranks[member as usize]
    }

    /// Whether a member is a point of a long edge.
    pub(super) fn is_point(&self, member: u32) -> bool {
        member as usize >= self.nodes
    }

    pub(super) fn len(&self) -> usize {
        self.ranks.len()
    }

    fn chain(&mut self, from: u32, to: u32) -> Vec<u32> {
        // A circle's edge against the stream is laid as if it went the other way.
        let (from, to) = if self.rank(from) <= self.rank(to) {
            (from, to)
        } else {
            (to, from)
        };
        let crossed = self.rank(from) + 1..self.rank(to);
        let mut chain = Vec::new();
        if self.len() - self.nodes + crossed.len() <= MOST_POINTS {
            for rank in crossed {
                chain.push(self.len() as u32);
                self.ranks.push(rank);
                self.left.push(Vec::new());
                self.right.push(Vec::new());
            }
        }
        let mut before = from;
        for next in chain.iter().copied().chain([to]) {
            self.right[before as usize].push(next);
            self.left[next as usize].push(before);
            before = next;
        }
        chain
    }

    /// Fills the layers by walking the graph from the left, so that families start together.
    fn place(&mut self) {
        let mut placed = vec![false; self.len()];
        let mut starts: Vec<u32> = (0..self.len() as u32)
            .filter(|m| self.left[*m as usize].is_empty())
            .collect();
        starts.extend(0..self.nodes as u32);
        for start in starts {
            let mut stack = vec![start];
            while let Some(member) = stack.pop() {
                let at = member as usize;
                if placed[at] || (self.left[at].is_empty() && self.right[at].is_empty()) {
                    continue;
                }
                placed[at] = true;
                self.layers[self.ranks[at] as usize].push(member);
                stack.extend(self.right[at].iter().rev());
            }
        }
    }

    /// Sorts each layer by the mean place of its neighbours, to and fro.
    pub(super) fn sort(&mut self) {
        let mut places = vec![0.0_f32; self.len()];
        for layer in &self.layers {
            note_places(layer, &mut places);
        }
        let mut best = self.layers.clone();
        let mut fewest = self.crossings(&places);
        for sweep in 0..SWEEPS {
            let to_right = sweep % 2 == 0;
            let layers = self.layers.len();
            for step in 1..layers {
                let layer = if to_right { step } else { layers - 1 - step };
                let mut members = std::mem::take(&mut self.layers[layer]);
                let neighbours = if to_right { &self.left } else { &self.right };
                let mean = |member: &u32| {
                    let near = &neighbours[*member as usize];
                    let sum: f32 = near.iter().map(|other| places[*other as usize]).sum();
                    if near.is_empty() {
                        places[*member as usize]
                    } else {
                        sum / near.len() as f32
                    }
                };
                let mut keyed: Vec<(f32, u32)> = members
                    .iter()
                    .map(|member| (mean(member), *member))
                    .collect();
                keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
                members.clear();
                members.extend(keyed.into_iter().map(|(_, member)| member));
                note_places(&members, &mut places);
                self.layers[layer] = members;
            }
            let crossings = self.crossings(&places);
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.layers);
            } else if crossings == 0 {
                break;
            }
        }
        self.layers = best;
    }

    /// How many pairs of edges between neighbouring layers cross.
    fn crossings(&self, places: &[f32]) -> u64 {
        let mut total = 0;
        for layer in &self.layers {
            let mut ends: Vec<u32> = Vec::new();
            let mut width = 0;
            for member in layer {
                let start = ends.len();
                let near = self.right[*member as usize].iter();
                // Edges that were left straight leave out layers and are not counted.
                let next = near.filter(|other| self.rank(**other) == self.rank(*member) + 1);
                ends.extend(next.map(|other| (places[*other as usize] * 2.0) as u32));
                ends[start..].sort_unstable();
                width = width.max(ends[start..].last().map_or(0, |end| *end as usize + 1));
            }
            total += inversions(&ends, width);
        }
        total
    }
}

/// Writes down each member's place in its layer.
fn note_places(layer: &[u32], places: &mut [f32]) {
    for (place, member) in layer.iter().enumerate() {
        places[*member as usize] = place as f32;
    }
}

/// Pairs that stand in the wrong order, by a binary indexed tree.
fn inversions(values: &[u32], width: usize) -> u64 {
    let mut tree = vec![0_u32; width + 1];
    let mut total = 0_u64;
    for (seen, value) in values.iter().enumerate() {
        let mut not_greater = 0_u64;
        let mut at = *value as usize + 1;
        while at > 0 {
            not_greater += u64::from(tree[at]);
            at &= at - 1;
        }
        total += seen as u64 - not_greater;
        let mut at = *value as usize + 1;
        while at <= width {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    total
}
