//! Decoded objects of packs, kept for a while as the bases of deltas: without it every chain is decoded from its root again.

use std::collections::{HashMap, VecDeque};

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;

/// Bytes kept, per thread.
const CAPACITY: usize = 24 << 20;

/// Keeps the most recently decoded objects, the oldest leaving first.
#[derive(Default)]
pub(super) struct PackCache {
    kept: HashMap<(u32, u64), (Kind, usize, Vec<u8>)>,
    order: VecDeque<(u32, u64)>,
    bytes: usize,
}

impl DecodeEntry for PackCache {
    fn put(&mut self, pack_id: u32, offset: u64, data: &[u8], kind: Kind, compressed_size: usize) {
        if data.len() > CAPACITY / 4 || self.kept.contains_key(&(pack_id, offset)) {
            return;
        }
        self.bytes += data.len();
        self.kept.insert((pack_id, offset), (kind, compressed_size, data.to_vec()));
        self.order.push_back((pack_id, offset));
        while self.bytes > CAPACITY {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.kept.remove(&oldest).map_or(0, |(_, _, data)| data.len());
        }
    }

    fn get(&mut self, pack_id: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let (kind, compressed_size, data) = self.kept.get(&(pack_id, offset))?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, *compressed_size))
    }
}
