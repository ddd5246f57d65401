//! Holds the house to its plan: imports go down, folders are listed, files say what they are for.

mod floors;
mod imports;
mod rooms;
