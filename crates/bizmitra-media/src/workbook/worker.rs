//! Where a stranger's workbook is read: in a process of its own, or in a thread where there is none.
//!
//! * **Desktop and server: [`in_process`].** The host starts itself again with [`ARGUMENT`]; its `main` hands over to [`serve`]
//!   before anything else. The child gets the job and the file through its standard input and answers on its standard output. It
//!   takes its own memory, time and files away first (`setrlimit`, on Unix), the host ends it when the time is over. Whatever
//!   becomes of the child, the host goes on. Windows has no `setrlimit`: there the limits of this module bound memory, and the
//!   process only keeps a crash away.
//! * **Phones: [`in_thread`].** An app cannot start itself again there. The same limits bound memory, the budget bounds time,
//!   and a panic of a reader ends the thread alone. An allocation that fails would end the app: that is why every table that a
//!   file can announce is checked before a reader makes room for it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Budget, Job, MAX_FILE_BYTES, Outcome, Report, WorkbookError, run};

/// The first argument of a host that is started as a worker.
pub const ARGUMENT: &str = "workbook-worker";
/// Memory that a child may fill, bytes.
pub const MAX_MEMORY_BYTES: u64 = 384 * 1024 * 1024;
/// Time that a child may compute, seconds: more than any host waits.
const MAX_CPU_S: u64 = 60;
/// How often a host looks whether the job was cancelled.
const LOOK: Duration = Duration::from_millis(50);
/// Most bytes of a job or a report.
const MAX_WORDS: u64 = 4 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
enum Answer {
    Done(Box<Report>),
    Refused(WorkbookError),
}

/// Does a job in a child process: `program` is the host's own file.
///
/// # Errors
/// [`WorkbookError`] with the reason; [`WorkbookError::WorkerEnded`] when the child gave no answer.
pub fn in_process(
    program: &Path,
    job: &Job,
    bytes: &[u8],
    budget: &Budget,
) -> Result<Outcome, WorkbookError> {
    let job = serde_json::to_vec(job).map_err(|_| WorkbookError::NoWorker)?;
    let mut child = start(program)?;
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(WorkbookError::NoWorker);
    };
    let (send, receive) = mpsc::channel();
    let outcome = thread::scope(|scope| {
        scope.spawn(move || {
            // A child that has seen enough closes its end: its answer says why.
            let _ = write_frame(&mut input, &job).and_then(|()| input.write_all(bytes));
        });
        scope.spawn(move || {
            // The host may have stopped listening.
            let _ = send.send(read_answer(&mut output));
        });
        let outcome = wait(&receive, budget);
        // Also when it has answered: nothing of it stays. Ending it closes both pipes, and with them the threads.
        let _ = child.kill();
        outcome
    });
    let _ = child.wait();
    outcome
}

fn start(program: &Path) -> Result<Child, WorkbookError> {
    let mut command = Command::new(program);
    command
        .arg(ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    command.env_clear();
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    command.spawn().map_err(|_| WorkbookError::NoWorker)
}

type Received = Result<Outcome, WorkbookError>;

fn wait(receive: &mpsc::Receiver<Received>, budget: &Budget) -> Received {
    loop {
        match receive.recv_timeout(LOOK.min(budget.left())) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Disconnected) => return Err(WorkbookError::WorkerEnded),
            Err(RecvTimeoutError::Timeout) => budget.check()?,
        }
    }
}

/// Does a job in a thread of this process.
///
/// # Errors
/// [`WorkbookError`] with the reason; [`WorkbookError::WorkerEnded`] when a reader panicked.
pub fn in_thread(job: &Job, bytes: &[u8], budget: &Budget) -> Result<Outcome, WorkbookError> {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name(ARGUMENT.to_owned())
            .spawn_scoped(scope, || run(job, bytes, budget))
            .map_err(|_| WorkbookError::NoWorker)?;
        worker.join().map_err(|_| WorkbookError::WorkerEnded)?
    })
}

/// The child's side: takes limits upon itself, reads one job, answers, ends.
pub fn serve() -> ExitCode {
    if limit_myself().is_err() {
        return ExitCode::FAILURE;
    }
    // What a reader says when it breaks may hold a cell.
    std::panic::set_hook(Box::new(|_| ()));
    match answer(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// # Errors
/// What the pipes say.
fn answer(input: &mut impl Read, output: &mut impl Write) -> std::io::Result<()> {
    let job: Job = serde_json::from_slice(&read_frame(input)?)?;
    let mut bytes = Vec::new();
    input.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    let budget = Budget::new(Duration::from_secs(MAX_CPU_S));
    let (answer, workbook) = match run(&job, &bytes, &budget) {
        Ok(outcome) => (Answer::Done(Box::new(outcome.report)), outcome.workbook),
        Err(refused) => (Answer::Refused(refused), Vec::new()),
    };
    write_frame(output, &serde_json::to_vec(&answer)?)?;
    output.write_all(&workbook)?;
    output.flush()
}

fn read_answer(output: &mut impl Read) -> Received {
    let ended = |_| WorkbookError::WorkerEnded;
    let words = read_frame(output).map_err(ended)?;
    let answer: Answer = serde_json::from_slice(&words).map_err(|_| WorkbookError::WorkerEnded)?;
    let report = match answer {
        Answer::Refused(refused) => return Err(refused),
        Answer::Done(report) => *report,
    };
    let mut workbook = Vec::new();
    output
        .take(2 * MAX_FILE_BYTES)
        .read_to_end(&mut workbook)
        .map_err(ended)?;
    Ok(Outcome { report, workbook })
}

/// Length and content.
fn write_frame(to: &mut impl Write, content: &[u8]) -> std::io::Result<()> {
    to.write_all(&(content.len() as u64).to_le_bytes())?;
    to.write_all(content)
}

fn read_frame(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut content = Vec::new();
    from.take(length.min(MAX_WORDS)).read_to_end(&mut content)?;
    if content.len() as u64 != length {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(content)
}

/// No more memory than a workbook within the limits needs, no files, no core with somebody's data.
#[cfg(unix)]
fn limit_myself() -> Result<(), ()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, most) in [
        (Resource::Data, MAX_MEMORY_BYTES),
        (Resource::Cpu, MAX_CPU_S),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 3),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|_| ())?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn limit_myself() -> Result<(), ()> {
    Ok(())
}
