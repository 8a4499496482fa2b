//! What is sealed here opens with tools that are not ours, and the other way about. The tools
//! are real; without them these tests fail, and say what installs them.

#[cfg(test)]
mod age_npm;
#[cfg(test)]
mod age_tool;
#[cfg(test)]
mod support;
