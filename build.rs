//! Linker flags that make the program smaller and start faster; they touch only the last step, so that no
//! dependency is built again for them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    // rustc brings lld on this target; other targets link with whatever they have.
    let with_lld = var("CARGO_CFG_TARGET_OS") == "linux"
        && var("CARGO_CFG_TARGET_ARCH") == "x86_64"
        && var("CARGO_CFG_TARGET_ENV") == "gnu";
    if with_lld {
        // Equal functions are kept once: generic code left unoptimised is full of them.
        println!("cargo::rustc-link-arg=-Wl,--icf=all");
        // At an address of its own choice a million pointers are set right before `main`: three thousand pages are copied
        // for that, ten milliseconds of every start. Heap, stacks and libraries still lie where nobody can guess.
        println!("cargo::rustc-link-arg=-no-pie");
    }
}
