//! A file added to the policies is embedded by the next build.

fn main() {
    println!("cargo::rerun-if-changed=../../policies/schema.cedarschema");
    println!("cargo::rerun-if-changed=../../policies/floor");
    println!("cargo::rerun-if-changed=../../policies/protocols");
}
