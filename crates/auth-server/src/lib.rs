#![doc = include_str!("../README.md")]

pub mod app;
mod ask;
pub mod assemble;
mod blocking;
mod chain;
pub mod cli;
pub mod config;
mod connection;
mod controllers;
mod descriptors;
mod disk;
pub mod doctor;
pub mod drain;
mod extract;
mod forwarding;
mod hash_rate;
pub mod metrics;
mod middleware;
pub mod openapi;
pub mod ops;
pub mod problem;
pub mod routes;
mod sender;
pub mod state;
pub mod telemetry;
mod transfer;
pub mod worker;
