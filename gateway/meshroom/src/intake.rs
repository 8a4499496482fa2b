//! Messages on their way in: listed, collected, kept sealed while they are read, handed to the flow
//! or kept apart, and acknowledged after the commit. What was taken once is not taken again.

mod answer;
mod apart;
mod collect;
mod read;
mod reply;
mod report;
mod take;
