using System.Diagnostics;

namespace Switchyard.OpenPai.Tests;

/// <summary>The examples, as they are.</summary>
public sealed class ExampleTests
{
    [Theory]
    [InlineData("single-task.json")]
    [InlineData("parameter-server.json")]
    public async Task An_example_that_ends_runs_with_one_command(string name)
    {
        var data = Directory.CreateTempSubdirectory("yard-openpai-run-");
        var start = new ProcessStartInfo(Yard.Program, ["run", Example(name), "--data", data.FullName])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["YARD_CPU_MILLIS"] = "4000";
        // Twice: a name that is taken is followed by the next one like it.
        for (var round = 0; round < 2; round++)
        {
            using var yard = Process.Start(start)!;
            var (output, errors) = (yard.StandardOutput.ReadToEndAsync(), yard.StandardError.ReadToEndAsync());
            await yard.WaitForExitAsync();
            Assert.True(yard.ExitCode == 0, await output + await errors);
            Assert.Contains("succeeded", await output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_examples_that_go_on_serve_and_begin_again_until_they_are_stopped()
    {
        await using var yard = await Yard.Start();
        foreach (var name in new[] { "service.json", "port-serving.json" })
            (await yard.Send("POST", "/api/v1/user/admin/jobs", await File.ReadAllTextAsync(Example(name)))).Is(202);
        var notebook = await yard.Until("notebook", status => status["state"]!.GetValue<string>() == "RUNNING");
        var port = notebook["taskRoles"]!["notebook"]!["taskStatuses"]![0]!["containerPorts"]!["web"]!.GetValue<string>();
        using var client = new HttpClient();
        Assert.Equal("hello\n", await Patiently(() => client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/hello.txt"))));
        await yard.Until("service", status => status["retries"]!.GetValue<int>() >= 2);
        foreach (var name in new[] { "service", "notebook" })
        {
            (await yard.Send("PUT", $"/api/v1/user/admin/jobs/{name}/executionType", """{"value":"STOP"}""")).Is(200);
            Assert.Equal(214, (await yard.Ended(name))["jobStatus"]!["appExitCode"]!.GetValue<int>());
        }
    }

    private static async Task<string> Patiently(Func<Task<string>> ask)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (HttpRequestException) when (tries < 300)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    internal static string Example(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Path.Join(at.FullName, "examples", "openpai", name) is var file && File.Exists(file))
                return file;
        }

        throw new FileNotFoundException(name);
    }
}
