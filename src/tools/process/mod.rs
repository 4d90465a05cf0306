//! Other programs: started in a cage, fed, read within bounds, and ended together with everything they started.

pub mod cage;
pub mod environment;
pub mod family;
pub mod launch;
pub mod privacy;
pub mod run;
pub mod supervisor;
