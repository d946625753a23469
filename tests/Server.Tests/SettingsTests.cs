using System.Runtime.Versioning;
using Switchyard.Server.Configuration;
using Switchyard.Server.Startup;

namespace Switchyard.Server.Tests;

[SupportedOSPlatform("linux")]
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
    [InlineData("openpai_ssh", "off", true)]
    [InlineData("openpai_ssh", "no", false)]
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
    [InlineData("databricks_warehouses", "a=sqlite:/srv/a.db; b=postgresql://yard:p%3Bw@db.example.org:5432/sales", true)]
    [InlineData("databricks_warehouses", "a=sqlite:a.db", false)]
    [InlineData("databricks_warehouses", "a=mysql://db.example.org/x", false)]
    [InlineData("databricks_warehouses", "a=sqlite:/a;a=sqlite:/b", false)]
    [InlineData("store", "sqlite", true)]
    [InlineData("store", "postgresql://yard@db.example.org/yard", true)]
    [InlineData("store", "postgresql:///yard?host=/run/postgresql&user=yard", true)]
    [InlineData("store", "Host=db;Database=yard;Username=yard", true)]
    [InlineData("store", "postgresql://yard@db.example.org/yard?sslmode=loud", false)]
    [InlineData("store", "postgresql://yard@db.example.org", false)]
    [InlineData("store", "Host=db;Password=secret", false)]
    [InlineData("store", "Host=db;Database=yard;Pasword=secret", false)]
    [InlineData("store", "mysql://db/yard", false)]
    [InlineData("store", "", false)]
    [InlineData("smtp_host", "mail.example.org", true)]
    [InlineData("smtp_host", "::1", true)]
    [InlineData("smtp_host", "mail server", false)]
    [InlineData("smtp_host", "smtp://mail.example.org", false)]
    [InlineData("smtp_port", "0", false)]
    [InlineData("smtp_from", "yard@example.org", true)]
    [InlineData("smtp_from", "Yard <yard@example.org>", false)]
    [InlineData("smtp_user", "", false)]
    [InlineData("smtp_tls", "starttls", false)]
    [InlineData("git_protocols", "https;ssh", true)]
    [InlineData("git_protocols", "ext", false)]
    [InlineData("git_protocols", ";", false)]
    [InlineData("project_mounts", "alice/data=/srv/data;risk-team/x=/srv/a=b", true)]
    [InlineData("project_mounts", "alice=/srv/data", false)]
    [InlineData("project_mounts", "alice/data=srv/data", false)]
    [InlineData("project_mounts", "alice/Data=/srv/data", false)]
    [InlineData("project_mounts", "alice/../x=/srv/data", false)]
    [InlineData("project_mounts", "alice/a=/srv/a;alice/a=/srv/b", false)]
    public void A_value_is_taken_or_refused_with_a_remedy(string name, string value, bool good)
    {
        var variable = SettingTable.Rows.Single(row => row.Name == name).Variable;
        var (_, findings) = Read(new() { [variable] = value }, []);
        Assert.Equal(good, findings.Count == 0);
        Assert.All(findings, finding => Assert.True(finding is { IsError: true, Remedy.Length: > 0 } && finding.Setting == variable));
    }

    [Theory]
    [InlineData("""{"smtp_host":"mail.example.org","smtp_from":"a@example.org"}""", "")]
    [InlineData("""{"smtp_host":"localhost","smtp_from":"a@example.org"}""", "")]
    [InlineData("""{"smtp_from":"a@example.org"}""", "warning: smtp_host")]
    [InlineData("""{"smtp_host":"mail.example.org"}""", "error: smtp_from")]
    [InlineData("""{"smtp_host":"mail.example.org","smtp_from":"a@example.org","smtp_user":"yard"}""", "error: smtp_password_file")]
    [InlineData("""{"smtp_host":"mail.example.org","smtp_from":"a@example.org","smtp_password_file":"/nowhere/password"}""", "error: smtp_user error: smtp_password_file")]
    [InlineData("""{"smtp_host":"mail.example.org","smtp_from":"a@example.org","smtp_port":465}""", "error: smtp_port")]
    [InlineData("""{"smtp_host":"mail.example.org","smtp_from":"a@example.org","smtp_tls":"off"}""", "warning: smtp_tls")]
    public void What_is_said_of_a_mail_server_has_to_fit_together(string text, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, SettingsReader.FileName), text);
        var (settings, findings) = Read([], []);
        Assert.Empty(findings);
        var found = SettingsCheck.Findings(settings).Where(finding => finding.Setting.StartsWith("smtp_", StringComparison.Ordinal));
        Assert.Equal(expected, string.Join(' ', found.Select(finding => $"{(finding.IsError ? "error" : "warning")}: {finding.Setting}")));
        Assert.Equal(!text.Contains("localhost", StringComparison.Ordinal) && !text.Contains("off", StringComparison.Ordinal) && settings.SmtpHost is not null, settings.SmtpUsesTls && settings.SmtpHost is not null);
    }

    [Theory]
    [InlineData("""{"store":"sqlite"}""", "")]
    [InlineData("""{"store":"sqlite","store_password_file":"/nowhere/password"}""", "warning: store_password_file")]
    [InlineData("""{"store":"postgresql://yard@db/yard?sslmode=verify-full"}""", "")]
    [InlineData("""{"store":"postgresql://yard@127.0.0.1/yard"}""", "")]
    [InlineData("""{"store":"Host=/run/postgresql;Database=yard"}""", "")]
    [InlineData("""{"store":"postgresql://yard@db/yard"}""", "warning: store")]
    [InlineData("""{"store":"postgresql://yard@127.0.0.1/yard","store_password_file":"/nowhere/password"}""", "error: store_password_file")]
    public void What_is_said_of_the_database_has_to_fit_together(string text, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, SettingsReader.FileName), text);
        var (settings, findings) = Read([], []);
        Assert.Empty(findings);
        var found = SettingsCheck.Findings(settings).Where(finding => finding.Setting.StartsWith("store", StringComparison.Ordinal));
        Assert.Equal(expected, string.Join(' ', found.Select(finding => $"{(finding.IsError ? "error" : "warning")}: {finding.Setting}")));
    }

    [Fact]
    public void The_password_of_the_database_is_shown_nowhere_and_stands_in_no_file_that_others_read()
    {
        const string Password = "hidden/word:1";
        var file = Path.Combine(_folder, SettingsReader.FileName);
        File.WriteAllText(file, """{"store":"postgresql://yard:hidden%2Fword%3A1@127.0.0.1/yard"}""");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var finding = Assert.Single(Read([], []).Findings);
        Assert.Equal((true, $"Run: chmod 600 {file}"), (finding.IsError, finding.Remedy));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (settings, findings) = Read([], []);
        Assert.Empty(findings);
        Assert.Contains(Password, settings.StoreAddress!.ConnectionString, StringComparison.Ordinal);
        Assert.Equal("postgresql://yard:***@127.0.0.1:5432/yard", settings.Store!.ToString());
        Assert.DoesNotContain("hidden", settings.ToString(), StringComparison.Ordinal);

        var passwordFile = Path.Combine(_folder, "password");
        File.WriteAllText(passwordFile, Password + "\n");
        File.WriteAllText(file, $$"""{"store":"postgresql://yard@127.0.0.1/yard","store_password_file":"{{passwordFile}}"}""");
        Assert.Contains(Password, Read([], []).Settings.StoreAddress!.ConnectionString, StringComparison.Ordinal);
        File.Delete(passwordFile);
        Assert.Contains("store_password_file", Assert.Throws<StartRefusedException>(() => Read([], []).Settings.StoreAddress).Message, StringComparison.Ordinal);

        Assert.DoesNotContain("hidden", string.Concat(Read(new() { ["YARD_STORE"] = "Host=x;Pasword=hidden" }, []).Findings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"OpenPai":{"Compatibility":"Server","GangTimeout":1200,"ResourceRetrySeconds":"5","Retry":7}}""")]
    [InlineData("""{"openpai":{"compatibility":"Server","gang_timeout":1200,"RESOURCERETRY":5,"RetryMs":7}}""")]
    [InlineData("""{"OpenPai:Compatibility":"Server","OpenPai:GangTimeoutSeconds":1200,"OpenPai":{"ResourceRetry":5},"openpai_retry_ms":7}""")]
    public void Settings_of_a_section_may_be_written_in_it(string text)
    {
        File.WriteAllText(Path.Combine(_folder, SettingsReader.FileName), text);
        var (settings, findings) = Read([], []);
        Assert.Empty(findings);
        Assert.Equal(("Server", 1200, 5, 7), (settings.OpenPaiCompatibility, settings.OpenPaiGangTimeoutSeconds, settings.OpenPaiResourceRetrySeconds, settings.OpenPaiRetryMs));
    }

    [Fact]
    public void Variables_of_a_section_overrule_the_file_and_are_overruled_by_ours()
    {
        File.WriteAllText(Path.Combine(_folder, SettingsReader.FileName), """{"OpenPai":{"Compatibility":"Server","GangTimeout":1,"Retry":1}}""");
        var (settings, findings) = Read(
            new() { ["OpenPai__GangTimeout"] = "2", ["OPENPAI__RETRY"] = "2", ["YARD_OPENPAI_RETRY_MS"] = "3", ["OpenPai__Compatibilty"] = "Server", ["Other__Slots"] = "1", ["OPENPAI_TOKEN"] = "x" }, []);
        Assert.Equal(("Server", 2, 3), (settings.OpenPaiCompatibility, settings.OpenPaiGangTimeoutSeconds, settings.OpenPaiRetryMs));
        var unknown = Assert.Single(findings);
        Assert.Equal((false, "OpenPai__Compatibilty"), (unknown.IsError, unknown.Setting));
    }

    [Fact]
    public void The_key_of_tokens_may_stand_in_a_file_that_is_its_owners_alone()
    {
        const string Key = "a key that nobody sees";
        var file = Path.Combine(_folder, SettingsReader.FileName);
        File.WriteAllText(file, $$$"""{"OpenPai":{"JwtSecret":"{{{Key}}}"}}""");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var finding = Assert.Single(Read([], []).Findings);
        Assert.Equal((true, $"Run: chmod 600 {file}"), (finding.IsError, finding.Remedy));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (settings, findings) = Read([], []);
        Assert.Empty(findings);
        Assert.Equal(Key, settings.OpenPaiJwtSecret);
        File.WriteAllText(file, """{"OpenPai":{"JwtSecret":["a key that nobody sees"]},"openpai_jwt_secret":"brief"}""");
        Assert.All(Read([], []).Findings, finding => Assert.DoesNotContain("brief", finding.ToString(), StringComparison.Ordinal));
        File.WriteAllText(file, """{"OpenPai":{"JwtSecret":{"a key that":"nobody sees"}}}""");
        Assert.DoesNotContain("nobody", Assert.Single(Read([], []).Findings).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rest-server:\n  default-pai-admin-username: admin\n  default-pai-admin-password: secret\nwebportal:\n  server-port: 9286\n", 9186, null, "")]
    [InlineData("rest-server:\n  server-port: 9187\n  jwt-secret: of the old cluster\n", 9187, "of the old cluster", "")]
    [InlineData("restserver:\n  server-port: \"9188\"\n  jwt-secret: pai-secret\n", 9188, null, "everybody knows")]
    [InlineData("cluster:\n  common: &c {a: [1, 2]}\nrest-server:\n#  server-port: 1\n", 9186, null, "")]
    [InlineData("rest-server:\n  jwt-secret: short\n", 9186, null, "shorter")]
    public void The_port_of_an_old_cluster_is_listened_on_too(string text, int port, string? secret, string warning)
    {
        var (settings, findings) = ReadServices(text, "http://127.0.0.1:8484;http://[::1]:8484;http://127.0.0.1:8485");
        Assert.Equal(["http://127.0.0.1:8484", "http://[::1]:8484", "http://127.0.0.1:8485", $"http://127.0.0.1:{port}", $"http://[::1]:{port}"], settings.Urls);
        Assert.Equal(secret, settings.OpenPaiJwtSecret);
        Assert.DoesNotContain(findings, finding => finding.IsError);
        Assert.Contains(warning, string.Join(' ', findings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rest-server:\n  server-port: 70000\n", "'70000'")]
    [InlineData("rest-server:\n  server-port: 0\n", "'0'")]
    [InlineData("rest-server:\n  server-port: [1]\n", "'no number'")]
    [InlineData("rest-server:\n  server-port: many\n", "'many'")]
    [InlineData("rest-server:\n  server-port: 8484\n", "http://127.0.0.1:8484 already")]
    [InlineData("rest-server: [1]\n", "no section")]
    [InlineData("- a\n", "no sections")]
    [InlineData("a: [\n", "not YAML")]
    [InlineData("a: {{ env['tag'] }}\n", "not YAML")]
    [InlineData(null, "no such file")]
    public void What_is_no_services_configuration_is_an_error(string? text, string said)
    {
        var (settings, findings) = ReadServices(text, "http://127.0.0.1:8484");
        var finding = Assert.Single(findings);
        Assert.True(finding.IsError);
        Assert.Contains(said, finding.Problem, StringComparison.Ordinal);
        Assert.Equal(["http://127.0.0.1:8484"], settings.Urls);
    }

    [Fact]
    public void A_key_that_is_set_goes_before_that_of_the_old_cluster()
    {
        var file = Path.Combine(_folder, "services-configuration.yaml");
        File.WriteAllText(file, "rest-server:\n  jwt-secret: of the old cluster\n");
        var (settings, _) = Read(new() { ["YARD_OPENPAI_SERVICES_CONFIGURATION"] = file, ["YARD_OPENPAI_JWT_SECRET"] = "of this server" }, []);
        Assert.Equal("of this server", settings.OpenPaiJwtSecret);
    }

    [Theory]
    [InlineData("{\"slot\":1}", "Did you mean 'slots'?")]
    [InlineData("{\"admin_token\":\"x\"}", "Use the environment variable YARD_ADMIN_TOKEN")]
    [InlineData("{\"OpenPai\":{\"Compatiblity\":\"Server\"}}", "")]
    [InlineData("{\"OpenPai\":{\"Compatibility\":\"Server\"},\"openpai_compatibility\":\"Server\"}", "Leave one")]
    [InlineData("{\"Yard\":{\"Slots\":1}}", "")]
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
    public void A_mounted_directory_exists_and_shares_nothing_with_the_servers_own()
    {
        var (data, mount, file, link) = (Path.Combine(_folder, "data"), Path.Combine(_folder, "mount"), Path.Combine(_folder, "a-file"), Path.Combine(_folder, "link"));
        Directory.CreateDirectory(data);
        Directory.CreateDirectory(mount);
        File.WriteAllText(file, "");
        Directory.CreateSymbolicLink(link, data);
        string? Wrong(string directory) => SettingsCheck.Findings(new YardSettings { Data = data, ProjectMounts = new Dictionary<string, string> { ["alice/x"] = directory } })
            .SingleOrDefault(finding => finding is { Setting: "project_mounts", IsError: true })?.Problem;

        Assert.Null(Wrong(mount));
        Assert.Contains("does not exist", Wrong(Path.Combine(mount, "none")));
        Assert.Contains("is a file", Wrong(file));
        foreach (var own in new[] { data, _folder, "/", link })
            Assert.Contains("overlaps the data directory", Wrong(own));
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

    private (YardSettings Settings, IReadOnlyList<Finding> Findings) ReadServices(string? text, string urls)
    {
        var file = Path.Combine(_folder, "services-configuration.yaml");
        if (text is not null)
        {
            File.WriteAllText(file, text);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return Read(new() { ["YARD_URLS"] = urls, ["OpenPai__ServicesConfiguration"] = file }, []);
    }

    private (YardSettings Settings, IReadOnlyList<Finding> Findings) Read(Dictionary<string, string> environment, Dictionary<string, string> flags)
    {
        flags["data"] = _folder;
        return SettingsReader.Read(environment, flags, null);
    }
}
