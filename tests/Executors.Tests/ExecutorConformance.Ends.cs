using System.Diagnostics;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Tests;

// How attempts are stopped, and that nothing of them stays.
public abstract partial class ExecutorConformance
{
    // Each test marks its sleepers with a duration of its own, to find them in /proc.
    private static int _next = 7000;

    protected string Mark { get; } = $"{Interlocked.Increment(ref _next)}.{Environment.ProcessId}";

    protected string Sleep => $"sleep {Mark}";

    [Fact]
    public async Task Stopping_is_polite_first()
    {
        await Bed.Start(Bed.Shell(1, $"trap 'echo bye; exit 3' TERM; echo up; {Sleep} & wait"));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Executor.Stop([new(1, 30_000)], default);
        Assert.Equal(3, (await Bed.Exit(1)).ExitCode);
        Assert.Equal("up\nbye\n", Bed.Log(1));
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task A_task_that_ignores_the_polite_signal_is_killed_after_the_grace()
    {
        await Bed.Start(Bed.Shell(1, $"trap '' TERM; echo up; {Sleep} & while :; do wait; done"));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Executor.Stop([new(1, 200)], default);
        Assert.Equal(9, (await Bed.Exit(1)).Signal);
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task Without_a_grace_it_is_killed_at_once()
    {
        await Bed.Start(Bed.Shell(1, $"trap '' TERM; {Sleep}"));
        await Bed.Wait<AttemptStarted>(_ => true);
        await Bed.Executor.Stop([new(1, 0)], default);
        Assert.Equal(9, (await Bed.Exit(1)).Signal);
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task What_starts_after_a_kill_lives()
    {
        await Bed.Start(Bed.Shell(1, $"echo up; {Sleep}"));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Executor.Stop([new(1, 0)], default);
        Assert.Equal(9, (await Bed.Exit(1)).Signal);
        // One after the other: each takes the ground that the one before left.
        for (var id = 2; id < 6; id++)
        {
            var end = await Bed.Run(Bed.Shell(id, "true"));
            Assert.Equal((0, null), (end.ExitCode, end.Signal));
        }
    }

    [Fact]
    public async Task A_stopped_process_can_be_stopped_for_good()
    {
        await Bed.Start(Bed.Shell(1, "echo up; kill -STOP $$"));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Executor.Stop([new(1, 30_000)], default);
        Assert.Equal(15, (await Bed.Exit(1)).Signal);
    }

    [Fact]
    public async Task What_escaped_into_other_sessions_is_dead_after_a_stop()
    {
        await Bed.Start(Bed.Shell(1, $"setsid setsid sh -c 'trap \"\" TERM HUP; setsid {Sleep} & {Sleep}' & (setsid {Sleep} &) ; sleep 0.3; echo up; wait; {Sleep}"));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Until(() => Bed.Alive(Sleep).Count(p => !IsShell(p)) == 4);
        await Bed.Executor.Stop([new(1, 100)], default);
        Assert.Null((await Bed.Exit(1)).Unproven);
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task What_escaped_is_dead_after_the_main_process_has_ended()
    {
        var end = await Bed.Run(Bed.Shell(1, $"(setsid sh -c '{Sleep} & {Sleep}' &) ; sleep 0.2; echo up"));
        Assert.Equal((0, null), (end.ExitCode, end.Unproven));
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task A_daemon_that_holds_the_pipe_does_not_delay_the_end()
    {
        var end = await Bed.Run(Bed.Shell(1, $"setsid sh -c 'trap \"\" HUP TERM; {Sleep}' & echo done"));
        Assert.Equal(0, end.ExitCode);
        Assert.Equal("done\n", Bed.Log(1));
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task A_process_that_closes_its_output_lives_on()
    {
        await Bed.Start(Bed.Shell(1, "echo before; exec >/dev/null 2>&1; sleep 0.5; exit 4"));
        Assert.Equal(4, (await Bed.Exit(1)).ExitCode);
        Assert.Equal("before\n", Bed.Log(1));
    }

    [Fact]
    public async Task A_neighbours_daemon_is_left_alone()
    {
        await Bed.Start(Bed.Shell(1, $"(setsid {Sleep} &) ; echo up; sleep 60"));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Run(Bed.Order(2, ["true"]));
        await Bed.Until(() => Bed.Alive(Sleep).Count(p => !IsShell(p)) == 1);
        await Bed.Executor.Stop([new(1, 0)], default);
        await Bed.Exit(1);
        Assert.Empty(Bed.Alive(Sleep));
    }

    [Fact]
    public async Task A_server_that_comes_back_finds_its_attempts_running()
    {
        await Bed.Start(Bed.Shell(1, "echo one; read x < \"$F\"; echo two; exit 5") with { Environment = [new("PATH", "/bin:/usr/bin"), new("F", MakePipe())] });
        var started = await Bed.Wait<AttemptStarted>(_ => true);
        await Bed.Reopen();
        Assert.Equal(started.Handle, (await Bed.Wait<AttemptStarted>(s => s.AttemptId == 1)).Handle);
        Assert.Equal([1L], (await Bed.Wait<ExecutorSync>(_ => true)).Known);
        await File.WriteAllTextAsync(Path.Combine(Bed.Directory, "fifo"), "go\n");
        Assert.Equal(5, (await Bed.Exit(1)).ExitCode);
        Assert.Equal("one\ntwo\n", Bed.Log(1));
    }

    [Fact]
    public async Task An_end_is_repeated_until_it_is_acknowledged()
    {
        await Bed.Run(Bed.Shell(1, "printf '{}' > result.json; exit 6", directory: null));
        await Bed.Reopen();
        var again = await Bed.Exit(1);
        Assert.Equal((6, "{}"), (again.ExitCode, again.Result));
        await Bed.Executor.Acknowledge([1], default);
        await Bed.Run(Bed.Order(2, ["true"]));
        await Bed.Reopen();
        Assert.Equal([2L], (await Bed.Wait<ExecutorSync>(_ => true)).Known);
        Assert.DoesNotContain(Bed.Heard, s => s is AttemptExited { AttemptId: 1 });
    }

    [Fact]
    public async Task What_undoes_an_attempt_runs_before_its_end_is_told_and_also_after_a_kill()
    {
        StartOrder Undone(long id, string script, string after) => Bed.Shell(id, script) with { Undo = ["/bin/sh", "-c", after, "sh", Path.Combine(Bed.Directory, $"undone-{id}")] };
        bool IsUndone(long id) => File.Exists(Path.Combine(Bed.Directory, $"undone-{id}"));
        await Bed.Run(Undone(1, "exit 6", "echo > $1"));
        Assert.Equal((6, true), ((await Bed.Exit(1)).ExitCode, IsUndone(1)));
        await Bed.Start(Undone(2, $"echo up; {Sleep}", "sleep 0.2; echo > $1"));
        await Bed.Wait<OutputGrew>(_ => true);
        Assert.False(IsUndone(2));
        await Bed.Executor.Stop([new StopOrder(2, 0)], default);
        Assert.Equal((9, true), ((await Bed.Exit(2)).Signal, IsUndone(2)));
        await Bed.Run(Undone(3, "exit 0", "exit 4"));
        Assert.Contains("exit code 4", (await Bed.Exit(3)).Unproven, StringComparison.Ordinal);
    }

    // Before it becomes the sleeper, or gone while we look.
    private static bool IsShell(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim() is not "sleep";
        }
        catch (IOException)
        {
            return true;
        }
    }

    private string MakePipe()
    {
        var path = Path.Combine(Bed.Directory, "fifo");
        using var made = System.Diagnostics.Process.Start(new ProcessStartInfo("mkfifo", [path]))!;
        made.WaitForExit();
        return path;
    }
}
