//! One exchange's way: receive, identify, decide, seal, record, deliver; and read.
