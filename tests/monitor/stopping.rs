//! A stream that goes wrong, over HTTP: the program stops reading, pays for what came, and says why.
