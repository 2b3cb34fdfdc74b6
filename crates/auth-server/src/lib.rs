#![doc = include_str!("../README.md")]

pub mod app;
pub mod assemble;
mod blocking;
pub mod cli;
pub mod config;
mod controllers;
mod extract;
mod middleware;
pub mod openapi;
pub mod problem;
pub mod routes;
pub mod state;
pub mod telemetry;
mod tutorial_csv;
pub mod worker;
