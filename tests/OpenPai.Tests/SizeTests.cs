using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Switchyard.OpenPai.Tests;

/// <summary>Large jobs and many of them.</summary>
public sealed partial class SizeTests(SharedYard shared) : IClassFixture<SharedYard>
{
    private static int _plain;

    [Fact]
    public async Task The_most_tasks_that_the_system_takes_do_start_and_one_more_is_refused_with_the_numbers()
    {
        await using var yard = await Yard.Start(("CPU_MILLIS", "1000000"), ("MEMORY_MB", "1000000"));
        // A long name makes few tasks reach what takes thousands with a short one.
        var role = new string('r', 4000);
        string Job(int tasks) => new JsonObject { ["jobName"] = "large", ["image"] = "i" }.With($$"""{"taskRoles":[{"name":"{{role}}","taskNumber":{{tasks}},"command":"true"}]}""").ToJsonString();
        var far = await yard.Send("POST", "/api/v1/user/admin/jobs", Job(1000));
        far.Is(400, "InvalidParametersError");
        var most = int.Parse(AtMost().Match(far.Message!).Groups[1].Value);
        var over = await yard.Send("POST", "/api/v1/user/admin/jobs", Job(most + 1));
        over.Is(400, "InvalidParametersError");
        Assert.StartsWith($"{most + 1} tasks do not fit into a program's environment on this system: addresses and ports of all take ", over.Message, StringComparison.Ordinal);
        (await yard.Send("POST", "/api/v1/user/admin/jobs", Job(most))).Is(202);
        var ended = await yard.Ended("large");
        Assert.Equal("SUCCEEDED", ended["jobStatus"]!["state"]!.GetValue<string>());
        Assert.Equal(most, ended["taskRoles"]![role]!["taskStatuses"]!.AsArray().Count);
    }

    [Fact]
    public async Task More_tasks_than_one_variable_can_list_or_than_there_are_ports_for_are_refused()
    {
        await using var yard = await Yard.Start(("CPU_MILLIS", "50000000"), ("MEMORY_MB", "50000000"));
        (await yard.Submit("listed", "true", ""","taskNumber":8191""")).Is(400, "InvalidParametersError", "8191 tasks of main cannot be listed in one variable on this system; at most 8190 can");
        (await yard.Submit("ports", "true", ""","taskNumber":6400""")).Is(202);
        var ended = (await yard.Ended("ports"))["jobStatus"]!;
        Assert.Equal(184, ended["appExitCode"]!.GetValue<int>());
        Assert.Contains("it asks for 12800 ports, and there are those from 20000 to 32700", ended["appExitDiagnostics"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_locale_a_command_sees_is_the_job_s_own()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("none", "echo \"${LC_ALL-none} $LANG\"; env | grep -c ^LC_ALL=; x=ä; echo ${#x}; true")).Is(202);
        (await yard.Submit("own", "echo \"$LC_ALL\"; env | grep ^LC_ALL=", job: ""","jobEnvs":{"LC_ALL":"POSIX"}""")).Is(202);
        Assert.Equal("none C.UTF-8\n0\n1\n", await yard.Log(await yard.Ended("none"), "main", 0));
        Assert.Equal("POSIX\nLC_ALL=POSIX\n", await yard.Log(await yard.Ended("own"), "main", 0));
    }

    [Theory]
    [InlineData("sleep 0")]
    [InlineData("true --and -its=own,arguments")]
    [InlineData("  env -0\t")]
    [InlineData("echo by the shell")]
    [InlineData("exit 3")]
    [InlineData("A=1 true")]
    [InlineData("no-such-program --at all")]
    [InlineData("/bin/false")]
    [InlineData("false")]
    public async Task A_command_of_plain_words_ends_as_it_would_by_the_shell(string command)
    {
        var (yard, number) = (shared.Yard, Interlocked.Increment(ref _plain));
        (await yard.Submit($"plain{number}", command)).Is(202);
        // A quoted nothing at the end is a shell's.
        (await yard.Submit($"shell{number}", command + " # ''")).Is(202);
        async Task<(int, string)> Ended(string name)
        {
            var job = await yard.Ended(name);
            return (job["jobStatus"]!["appExitCode"]!.GetValue<int>(), command.Contains("env", StringComparison.Ordinal) ? "" : await yard.Log(job, "main", 0));
        }

        Assert.Equal(await Ended($"shell{number}"), await Ended($"plain{number}"));
    }

    [Fact]
    public async Task A_plain_command_is_started_without_a_shell_and_finds_its_variables_and_its_directory()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("plain", "env", job: ""","jobEnvs":{"own":"value"}""")).Is(202);
        (await yard.Submit("shell", "env;", job: ""","jobEnvs":{"own":"value"}""")).Is(202);
        async Task<Dictionary<string, string>> Environment(string name) =>
            (await yard.Log(await yard.Ended(name), "main", 0)).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line[..line.IndexOf('=')], line => line[(line.IndexOf('=') + 1)..]);
        var (plain, shell) = (await Environment("plain"), await Environment("shell"));
        Assert.Equal(["SHLVL", "_"], shell.Keys.Except(plain.Keys).Order(StringComparer.Ordinal));
        Assert.Empty(plain.Keys.Except(shell.Keys));
        Assert.Equal((plain["SWITCHYARD_ATTEMPT_DIR"], plain["SWITCHYARD_ATTEMPT_DIR"]), (plain["PWD"], plain["PAI_WORK_DIR"]));
    }

    [Fact]
    public async Task A_list_says_how_jobs_ended_and_comes_whole_or_in_pages()
    {
        await using var yard = await Yard.Start();
        for (var i = 0; i < 5; i++)
            (await yard.Submit($"job{i}", $"exit {i}")).Is(202);
        for (var i = 0; i < 5; i++)
            await yard.Ended($"job{i}");
        async Task<string> Shown(string query) =>
            string.Join(' ', (await yard.Get("/api/v1/jobs" + query)).Json.AsArray().Select(job => $"{job!["name"]}={job["appExitCode"]}"));
        Assert.Equal("job4=4 job3=3 job2=2 job1=1 job0=0", await Shown(""));
        Assert.Equal("job3=3 job2=2", await Shown("?limit=2&offset=1"));
        Assert.Equal("job1=1 job0=0", await Shown("?username=admin&limit=9&offset=3"));
        Assert.Equal("", await Shown("?offset=5"));
        Assert.Equal("", await Shown("?username=nobody"));
    }

    [GeneratedRegex("with at most ([0-9]+) tasks of")]
    private static partial Regex AtMost();
}
