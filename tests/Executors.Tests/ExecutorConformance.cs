using Switchyard.Core.Execution;

namespace Switchyard.Executors.Tests;

/// <summary>What every executor promises.</summary>
public abstract partial class ExecutorConformance : IAsyncLifetime
{
    protected Bed Bed { get; private set; } = null!;

    /// <summary>An open bed; skips the test where there cannot be one.</summary>
    protected abstract Task<Bed> OpenBed();

    public async ValueTask InitializeAsync() => Bed = await OpenBed();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Bed is null ? ValueTask.CompletedTask : Bed.DisposeAsync();
    }

    [Theory, InlineData("exit 0", 0, null), InlineData("exit 7", 7, null), InlineData("kill -9 $$", 137, 9), InlineData("kill -TERM $$", 143, 15)]
    public async Task The_way_a_task_ended_is_reported(string line, int code, int? signal)
    {
        var end = await Bed.Run(Bed.Shell(1, line));
        Assert.Equal((code, signal, false), (end.ExitCode, end.Signal, end.Lost));
        Assert.True(end.At >= end.StartedAt);
    }

    [Fact]
    public async Task A_start_is_reported_before_its_end()
    {
        await Bed.Run(Bed.Order(1, ["true"]));
        var about = Bed.Heard.OfType<AttemptReport>().Where(r => r.AttemptId == 1).ToList();
        Assert.IsType<AttemptStarted>(about[0]);
        Assert.IsType<AttemptExited>(about[1]);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_refused()
    {
        await Bed.Start(Bed.Order(1, ["no-such-program"]), Bed.Order(2, ["/no/such/program"]), Bed.Order(3, ["/etc/passwd"]), Bed.Order(4, ["/etc"]));
        Assert.Contains("program not found: no-such-program", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.Ordinal);
        Assert.Contains("program not found: /no/such/program", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 2)).Reason, StringComparison.Ordinal);
        Assert.Contains("not executable", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 3)).Reason, StringComparison.Ordinal);
        Assert.Contains("directory", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 4)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_refused()
    {
        var path = Path.Combine(Bed.Directory, "text");
        File.WriteAllText(path, "echo no first line\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await Bed.Start(Bed.Order(1, [path]));
        Assert.Contains("#!", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.Ordinal);
        Assert.Equal(0, (await Bed.Run(Bed.Order(2, ["true"]))).ExitCode);
    }

    [Fact]
    public async Task A_working_directory_that_is_not_there_is_refused()
    {
        await Bed.Start(Bed.Order(1, ["true"], "/no/such/place"));
        Assert.Contains("does not exist: /no/such/place", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_what_was_ordered_and_two_marks()
    {
        Environment.SetEnvironmentVariable("SERVER_SECRET", "x");
        var order = Bed.Order(5, ["/usr/bin/env", "-0"]) with
        {
            Environment = [new("PATH", "/bin:/usr/bin"), new("a.b-c", "dots"), new("EMPTY", ""), new("LINES", "one\ntwo"), new("ÄÖ", "ü")],
        };
        await Bed.Run(order);
        var seen = Bed.Log(5).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            new[] { "PATH=/bin:/usr/bin", "a.b-c=dots", "EMPTY=", "LINES=one\ntwo", "ÄÖ=ü", "SWITCHYARD_ATTEMPT=5" }.Order(StringComparer.Ordinal),
            seen.Where(v => !v.StartsWith("SWITCHYARD_NODE=", StringComparison.Ordinal)));
        Assert.Equal(7, seen.Count);
    }

    [Theory, InlineData("A=B", "x"), InlineData("", "x"), InlineData("N", "a\0b")]
    public async Task A_variable_that_cannot_be_is_refused(string name, string value)
    {
        await Bed.Start(Bed.Order(1, ["true"]) with { Environment = [new(name, value)] });
        await Bed.Wait<AttemptRefused>(r => r.AttemptId == 1);
    }

    [Fact]
    public async Task A_variable_over_the_systems_limit_is_refused_with_the_limit()
    {
        await Bed.Start(Bed.Order(1, ["true"]) with { Environment = [new("BIG", new string('x', 200_000))] });
        Assert.Contains("128 KiB", (await Bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] odd = ["", " ", "$HOME", "a\nb", "'\"\\", "ü", "*"];
        await Bed.Run(Bed.Order(1, ["/usr/bin/printf", "<%s>", .. odd]));
        Assert.Equal(string.Concat(odd.Select(a => $"<{a}>")), Bed.Log(1));
    }

    [Fact]
    public async Task Input_is_empty_and_no_other_file_is_open()
    {
        await Bed.Run(Bed.Shell(1, "cat; readlink /proc/self/fd/0; ls /proc/self/fd | tr '\\n' ' '"));
        // ls itself opens the directory it lists, as the next free number.
        Assert.Equal("/dev/null\n0 1 2 3 ", Bed.Log(1));
    }

    [Fact]
    public async Task Signals_are_default_and_none_is_blocked()
    {
        await Bed.Run(Bed.Order(1, ["cat", "/proc/self/status"]));
        var masks = Bed.Log(1).Split('\n').Where(l => l.StartsWith("SigBlk:", StringComparison.Ordinal) || l.StartsWith("SigIgn:", StringComparison.Ordinal)).ToList();
        Assert.Equal(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"], masks);
    }

    [Fact]
    public async Task Output_of_both_streams_is_one_log_in_order()
    {
        await Bed.Run(Bed.Shell(1, "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done"));
        Assert.Equal(string.Concat(Enumerable.Range(1, 5).Select(i => $"out {i}\nerr {i}\n")), Bed.Log(1));
        Assert.Equal(new(60, 10, 0, true), Bed.Logs.Info(1));
    }

    [Fact]
    public async Task A_task_that_says_nothing_leaves_no_file()
    {
        await Bed.Run(Bed.Order(1, ["true"]));
        Assert.False(Directory.Exists(Bed.Files.LogDirectory(1)));
        Assert.False(Directory.Exists(Bed.Files.AttemptDirectory(1)));
        Assert.Equal(new(0, 0, 0, true), Bed.Logs.Info(1));
    }

    [Fact]
    public async Task Secrets_are_masked()
    {
        await Bed.Run(Bed.Shell(1, "printf 'a hun'; sleep 0.2; printf 'ter2 b hunter23 hunt\\n'") with { Secrets = ["hunter2", "hunter23"] });
        Assert.Equal("a [REDACTED] b [REDACTED] hunt\n", Bed.Log(1));
    }

    [Fact]
    public async Task A_preface_stands_before_the_output_and_counts_to_it()
    {
        await Bed.Run(Bed.Shell(1, "echo out") with { Preface = "Warning: ü\n" });
        Assert.Equal("Warning: ü\nout\n", Bed.Log(1));
        await Bed.Run(Bed.Order(2, ["true"]) with { Preface = "alone\n" });
        Assert.Equal(new(6, 1, 0, true), Bed.Logs.Info(2));
    }

    [Fact]
    public async Task Files_and_a_result_go_through_the_attempts_directory()
    {
        var order = Bed.Shell(1, "cat \"$SWITCHYARD_ATTEMPT_DIR/in.txt\"; pwd; printf '{\"x\":1}' > result.json", directory: null) with { Files = [new("in.txt", "given\n")] };
        var end = await Bed.Run(order);
        Assert.Equal("{\"x\":1}", end.Result);
        Assert.Equal($"given\n{Bed.Files.AttemptDirectory(1)}\n", Bed.Log(1));
    }

    [Fact]
    public async Task A_result_that_is_too_large_is_left_out_and_says_so()
    {
        var end = await Bed.Run(Bed.Shell(1, "head -c 17000000 /dev/zero | tr '\\0' x > result.json", directory: null));
        Assert.Equal("{\"error\":\"result.json is larger than 16 MiB and was not read\"}", end.Result);
        end = await Bed.Run(Bed.Shell(2, "head -c 16000000 /dev/zero | tr '\\0' x > result.json", directory: null));
        Assert.Equal(16_000_000, end.Result!.Length);
    }

    [Fact]
    public async Task Starting_twice_starts_once()
    {
        var order = Bed.Shell(1, "echo started");
        await Bed.Start(order, order);
        await Bed.Exit(1);
        await Bed.Start(order);
        await Bed.Wait<AttemptExited>(_ => Bed.Heard.OfType<AttemptExited>().Count() == 2);
        Assert.Equal("started\n", Bed.Log(1));
    }
}
