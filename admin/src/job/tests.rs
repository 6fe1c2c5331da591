//! The jobs against a fake of NovelAI, a real database and an edge that takes notes. Time is a number that the
//! test moves on; nothing here waits for a clock, only for what must come.

mod credit;
mod leaving;
mod logins;
mod probes;
mod secrets;
mod world;
