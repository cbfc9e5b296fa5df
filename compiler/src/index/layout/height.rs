//! Heights: each member as near to the mean of its neighbours as order and distances allow.

use super::order::Layers;
use super::{Growth, Spacing};

/// Passes to the right and back.
const PASSES: usize = 6;

/// y of every node and point; a plain one at the top has 0.
pub(super) fn heights(layers: &Layers, sizes: &[Growth], spacing: Spacing) -> Vec<f32> {
    let mut heights = vec![0.0_f32; layers.len()];
    let offsets: Vec<Vec<f32>> = layers
        .layers
        .iter()
        .map(|layer| offsets(layer, sizes, spacing))
        .collect();
    for (layer, offsets) in layers.layers.iter().zip(&offsets) {
        let middle = offsets.last().copied().unwrap_or(0.0) / 2.0;
        for (member, offset) in layer.iter().zip(offsets) {
            heights[*member as usize] = offset - middle;
        }
    }
    let count = layers.layers.len();
    for pass in 0..PASSES {
        let to_right = pass % 2 == 0;
        for step in 0..count {
            let at = if to_right { step } else { count - 1 - step };
            // The last pass looks both ways, so that neither side hangs.
            let both = pass + 1 == PASSES;
            settle(
                layers,
                at,
                &offsets[at],
                (to_right || both, !to_right || both),
                &mut heights,
            );
        }
    }
    let members = layers.layers.iter().flatten();
    let growth = |member: u32| sizes.get(member as usize).map_or(0.0, |size| size.height);
    let top = members
        .map(|member| heights[*member as usize] - growth(*member) / 2.0)
        .fold(f32::INFINITY, f32::min);
    if top.is_finite() {
        for height in &mut heights {
            *height -= top;
        }
    }
    heights
}

/// Least distance of each member of a layer from the first.
fn offsets(layer: &[u32], sizes: &[Growth], spacing: Spacing) -> Vec<f32> {
    let half = |member: u32| {
        // Points of long edges have numbers after those of the nodes.
        let whole = sizes
            .get(member as usize)
            .map_or(spacing.passing, |size| spacing.node + size.height);
        whole / 2.0
    };
    let mut offset = 0.0;
    let mut before: Option<u32> = None;
    layer
        .iter()
        .map(|member| {
            if let Some(before) = before.replace(*member) {
                offset += half(before) + half(*member);
            }
            offset
        })
        .collect()
}

/// Moves one layer: the least sum of squared distances from where each member wants to be, order kept. With the
/// least distances taken off this is isotonic regression, which pooling of neighbours solves exactly.
fn settle(
    layers: &Layers,
    at: usize,
    offsets: &[f32],
    (left, right): (bool, bool),
    heights: &mut [f32],
) {
    let layer = &layers.layers[at];
    // Blocks of members that touch: sum of wishes, how many, how many members.
    let mut blocks: Vec<(f32, f32, usize)> = Vec::with_capacity(layer.len());
    for (member, offset) in layer.iter().zip(offsets) {
        let own = *member as usize;
        let (mut sum, mut count) = (0.0, 0.0);
        for (wanted, near) in [(left, &layers.left[own]), (right, &layers.right[own])] {
            if wanted {
                sum += near
                    .iter()
                    .map(|other| heights[*other as usize])
                    .sum::<f32>();
                count += near.len() as f32;
            }
        }
        let wish = if count > 0.0 {
            sum / count
        } else {
            heights[own]
        };
        // Long edges look best straight, so their points hold their wish harder.
        let weight = if layers.is_point(*member) { 4.0 } else { 1.0 };
        let mut block = ((wish - offset) * weight, weight, 1);
        while let Some(last) = blocks
            .last()
            .filter(|last| last.0 / last.1 > block.0 / block.1)
            .copied()
        {
            block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut place = 0;
    for (sum, weight, members) in blocks {
        for _ in 0..members {
            heights[layer[place] as usize] = sum / weight + offsets[place];
            place += 1;
        }
    }
}
