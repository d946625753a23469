using Switchyard.Server.Configuration;
using Switchyard.Server.Startup;

namespace Switchyard.Server.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("yard-settings-").FullName;

    [Fact]
    public void Flags_overrule_the_environment_which_overrules_the_file()
    {
        File.WriteAllText(Path.Combine(_folder, SettingsReader.FileName), """{"node":"file","slots":11,"grace_ms":"7"} // trailing remarks are fine""");
        var (settings, findings) = Read(new() { ["YARD_NODE"] = "environment", ["YARD_SLOTS"] = "12" }, new() { ["node"] = "flag" });
        Assert.Empty(findings);
        Assert.Equal(("flag", 12, 7), (settings.Node, settings.Slots, settings.GraceMs));
        Assert.Equal(Path.Combine(_folder, "node"), settings.NodeDir);
    }

    [Theory]
    [InlineData("urls", "http://127.0.0.1:8484;http://127.0.0.1:0", true)]
    [InlineData("urls", "https://127.0.0.1:8484", false)]
    [InlineData("urls", "127.0.0.1:8484", false)]
    [InlineData("urls", "http://127.0.0.1:99999", false)]
    [InlineData("urls", "http://127.0.0.1:8484/path", false)]
    [InlineData("urls", "http://user@127.0.0.1:8484", false)]
    [InlineData("urls", "", false)]
    [InlineData("node", "n-1.a", true)]
    [InlineData("node", "a b", false)]
    [InlineData("slots", "1", true)]
    [InlineData("slots", "0", false)]
    [InlineData("slots", "-1", false)]
    [InlineData("slots", "many", false)]
    [InlineData("grace_ms", "3600001", false)]
    [InlineData("max_body_bytes", "12", false)]
    [InlineData("log_level", "debug", true)]
    [InlineData("log_level", "2", false)]
    [InlineData("log_level", "loud", false)]
    [InlineData("admin_token", "short", false)]
    [InlineData("admin_password", "short", false)]
    [InlineData("python", "python3", false)]
    [InlineData("kill_level", "subreaper", true)]
    [InlineData("kill_level", "strong", false)]
    [InlineData("retention_days", "0", true)]
    [InlineData("openpai_images", "Require", true)]
    [InlineData("openpai_images", "Always", false)]
    [InlineData("container_runtime", " ", false)]
    [InlineData("container_host", "unix:///run/podman/podman.sock", true)]
    [InlineData("container_host", "/run/podman/podman.sock", false)]
    [InlineData("retention_days", "-1", false)]
    [InlineData("retention_days", "1.5", false)]
    public void A_value_is_taken_or_refused_with_a_remedy(string name, string value, bool good)
    {
        var variable = SettingTable.Rows.Single(row => row.Name == name).Variable;
        var (_, findings) = Read(new() { [variable] = value }, []);
        Assert.Equal(good, findings.Count == 0);
        Assert.All(findings, finding => Assert.True(finding is { IsError: true, Remedy.Length: > 0 } && finding.Setting == variable));
    }

    [Theory]
    [InlineData("{\"slot\":1}", "Did you mean 'slots'?")]
    [InlineData("{\"admin_token\":\"x\"}", "Use the environment variable YARD_ADMIN_TOKEN")]
    [InlineData("{\"slots\":[1]}", "Write a text or a number")]
    [InlineData("{\"slots\":1,\"slots\":2}", "Mend the file")]
    [InlineData("[]", "Mend the file")]
    [InlineData("{", "Mend the file")]
    public void A_mistake_in_the_file_is_an_error_with_a_remedy(string text, string remedy)
    {
        File.WriteAllText(Path.Combine(_folder, SettingsReader.FileName), text);
        var finding = Assert.Single(Read([], []).Findings);
        Assert.True(finding.IsError);
        Assert.StartsWith(remedy, finding.Remedy);
    }

    [Fact]
    public void A_named_file_that_is_missing_is_an_error_and_an_unknown_variable_a_warning()
    {
        var (_, findings) = SettingsReader.Read(
            new Dictionary<string, string> { ["YARD_SLOT"] = "1", ["YARD_SERVER"] = "x" }, new Dictionary<string, string> { ["data"] = _folder }, Path.Combine(_folder, "none.json"));
        Assert.Equal([true, false], findings.Select(finding => finding.IsError));
        Assert.Equal("Did you mean YARD_SLOTS?", findings[1].Remedy);
    }

    [Fact]
    public void What_is_unwise_on_this_machine_is_a_warning_and_what_cannot_work_an_error()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var findings = SettingsCheck.Findings(new YardSettings { Urls = ["http://0.0.0.0:8484"], Data = Path.Combine(_folder, "file", "below"), Slots = 100_000, GraceMs = 0 }).ToList();
        Assert.Equal(["urls", "slots", "grace_ms"], findings.Where(finding => !finding.IsError).Select(finding => finding.Setting));
        Assert.Equal("data", Assert.Single(findings, finding => finding.IsError).Setting);
        Assert.Empty(SettingsCheck.Findings(new YardSettings { Data = Path.Combine(_folder, "new", "deep") }));
        Assert.False(Directory.Exists(Path.Combine(_folder, "new")));
    }

    [Fact]
    public void A_second_server_on_a_data_directory_is_refused_naming_the_first()
    {
        using (var first = DataLock.Take(_folder))
        {
            first.Announce(["http://127.0.0.1:8484"]);
            var refused = Assert.Throws<StartRefusedException>(() => DataLock.Take(_folder));
            Assert.Contains($"process {Environment.ProcessId}", refused.Message);
            Assert.Equal((Environment.ProcessId, "http://127.0.0.1:8484"), (DataLock.Holder(_folder)!.Value.Pid, DataLock.Holder(_folder)!.Value.Urls[0]));
        }

        Assert.Null(DataLock.Holder(_folder));
        DataLock.Take(_folder).Dispose();
    }

    [Fact]
    public async Task A_port_in_use_is_refused_naming_it()
    {
        await using var first = await TestServer.Start();
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => TestServer.Start(first.Url));
        Assert.Contains(first.Url, refused.Message);
        Assert.Contains("--urls", refused.Message);
    }

    public void Dispose() => Directory.Delete(_folder, true);

    private (YardSettings Settings, IReadOnlyList<Finding> Findings) Read(Dictionary<string, string> environment, Dictionary<string, string> flags)
    {
        flags["data"] = _folder;
        return SettingsReader.Read(environment, flags, null);
    }
}
