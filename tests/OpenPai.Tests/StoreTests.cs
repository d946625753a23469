using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>The store of files, as WebHDFS clients see it.</summary>
public sealed class StoreTests
{
    private const string Denied = "org.apache.hadoop.security.AccessControlException", Missing = "java.io.FileNotFoundException", Illegal = "java.lang.IllegalArgumentException";
    private const string NoKey = "java.lang.SecurityException", Taken = "org.apache.hadoop.fs.FileAlreadyExistsException";

    [Fact]
    public async Task Curl_uploads_lists_reads_and_deletes_as_Hadoops_document_has_it()
    {
        await using var yard = await Yard.Start();
        var file = Path.Join(yard.Data, "..", "hello.txt");
        await File.WriteAllTextAsync(file, "Hello, webhdfs user!\n");
        var put = await Curl(yard, "-X", "PUT", "-L", "-T", file, $"{yard.Address}webhdfs/v1/user/admin/a%20b/hello.txt?op=CREATE");
        Assert.Contains("HTTP/1.1 307 Temporary Redirect", put, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 201 Created", put, StringComparison.Ordinal);
        Assert.Contains($"Location: webhdfs://{yard.Address.Authority}/user/admin/a%20b/hello.txt", put, StringComparison.Ordinal);
        // The same in two calls, the second without a credential.
        var first = await yard.Send("PUT", "/webhdfs/v1/user/admin/two?op=create&noredirect=true");
        var second = await Run("curl", "-s", "-i", "-X", "PUT", "-T", file, first.Ok()["Location"]!.GetValue<string>());
        Assert.Contains("HTTP/1.1 201 Created", second, StringComparison.Ordinal);

        var list = await Curl(yard, $"{yard.Address}webhdfs/v1/user/admin/?op=LISTSTATUS");
        Assert.Contains("Content-Type: application/json", list, StringComparison.Ordinal);
        var statuses = JsonNode.Parse(list[list.IndexOf('{')..])!["FileStatuses"]!["FileStatus"]!.AsArray();
        Assert.Equal(["a b DIRECTORY 755 admin 0 1", "two FILE 644 admin 21 0"], statuses.Select(Line));
        string[] fields = ["accessTime", "blockSize", "childrenNum", "fileId", "group", "length", "modificationTime", "owner", "pathSuffix", "permission", "replication", "storagePolicy", "type"];
        Assert.Equal(fields, statuses[1]!.AsObject().Select(field => field.Key));
        var status = (await yard.Get("/webhdfs/v1/user/admin/two?op=GETFILESTATUS")).Ok()["FileStatus"]!;
        Assert.Equal(" FILE 644 admin 21 0", Line(status));
        Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(status["modificationTime"]!.GetValue<long>()), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Equal([" FILE 644 admin 21 0"], (await yard.Get("/webhdfs/v1/user/admin/two?op=LISTSTATUS")).Ok()["FileStatuses"]!["FileStatus"]!.AsArray().Select(Line));

        Assert.EndsWith("\r\n\r\nHello, webhdfs user!\n", await Curl(yard, "-L", $"{yard.Address}webhdfs/v1/user/admin/two?op=OPEN"), StringComparison.Ordinal);
        Assert.Equal("webhdfs", Encoding.ASCII.GetString(await yard.Open("/user/admin/two", "&offset=7&length=7")));
        Assert.Equal("user!\n", Encoding.ASCII.GetString(await yard.Open("/user/admin/two", "&offset=15&length=1000")));
        Assert.Empty(await yard.Open("/user/admin/two", "&offset=21"));
        (await yard.Get("/webhdfs/v1/user/admin/two?op=OPEN&offset=22")).Threw(403, "java.io.IOException");
        Assert.Contains("op=OPEN", (await yard.Get("/webhdfs/v1/user/admin/two?op=OPEN&noredirect=true")).Ok()["Location"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("/user/admin", (await yard.Get("/webhdfs/v1/?op=GETHOMEDIRECTORY")).Ok()["Path"]!.GetValue<string>());
        var summary = (await yard.Get("/webhdfs/v1/user?op=GETCONTENTSUMMARY")).Ok()["ContentSummary"]!;
        Assert.Equal((3, 2, 42), (summary["directoryCount"]!.GetValue<int>(), summary["fileCount"]!.GetValue<int>(), summary["length"]!.GetValue<int>()));

        (await yard.Send("DELETE", "/webhdfs/v1/user/admin/a%20b?op=DELETE")).Threw(403, "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException");
        Assert.Contains("""{"boolean":true}""", await Curl(yard, "-X", "DELETE", $"{yard.Address}webhdfs/v1/user/admin/a%20b?op=DELETE&recursive=true"), StringComparison.Ordinal);
        Assert.Equal((true, false), (await Said(yard, "DELETE", "/user/admin/two?op=DELETE"), await Said(yard, "DELETE", "/user/admin/two?op=DELETE")));
        (await yard.Get("/webhdfs/v1/user/admin/two?op=OPEN")).Threw(404, Missing);
        (await yard.Get("/webhdfs/v1/user/admin/two?op=GETFILESTATUS")).Threw(404, Missing);
        Assert.Empty((await yard.Get("/webhdfs/v1/user/admin?op=LISTSTATUS")).Ok()["FileStatuses"]!["FileStatus"]!.AsArray());
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{yard.Data}/openpai/.yard-work"));
    }

    [Fact]
    public async Task Files_are_replaced_only_when_asked_and_directories_never()
    {
        await using var yard = await Yard.Start();
        (await yard.Upload("/data/a", [1])).Is(201);
        (await yard.Upload("/data/a", [2])).Threw(403, Taken);
        Assert.Equal([1], await yard.Open("/data/a"));
        (await yard.Upload("/data/a", [3, 4], "&overwrite=true&permission=755")).Is(201);
        Assert.Equal([3, 4], await yard.Open("/data/a"));
        Assert.Equal("a FILE 755 root 2 0", Line((await yard.Get("/webhdfs/v1/data?op=LISTSTATUS")).Ok()["FileStatuses"]!["FileStatus"]![0]!));
        (await yard.Upload("/data", [1], "&overwrite=true")).Threw(403, Taken);
        (await yard.Upload("/data/a/b", [1])).Threw(403, "org.apache.hadoop.fs.ParentNotDirectoryException");
        (await yard.Upload("/", [1])).Threw(403, Taken);
        // Two uploads that were both allowed: the slower one finds the name taken.
        var (one, two) = (await yard.Send("PUT", "/webhdfs/v1/data/race?op=CREATE"), await yard.Send("PUT", "/webhdfs/v1/data/race?op=CREATE"));
        (await yard.Send("PUT", new Uri(one.Headers["Location"]).PathAndQuery, "first", "")).Is(201);
        (await yard.Send("PUT", new Uri(two.Headers["Location"]).PathAndQuery, "second", "")).Threw(403, Taken);
        Assert.Equal("first"u8.ToArray(), await yard.Open("/data/race"));

        Assert.True(await Said(yard, "PUT", "/data/x/y/z?op=MKDIRS"));
        Assert.True(await Said(yard, "PUT", "/data/x/y/z?op=MKDIRS"));
        (await yard.Send("PUT", "/webhdfs/v1/data/a?op=MKDIRS")).Threw(403, Taken);
        (await yard.Send("PUT", "/webhdfs/v1/data/a/b?op=MKDIRS")).Threw(403, "org.apache.hadoop.fs.ParentNotDirectoryException");
        Assert.True(await Said(yard, "PUT", "/data/a?op=RENAME&destination=/data/x/b"));
        Assert.True(await Said(yard, "PUT", "/data/race?op=RENAME&destination=/data/x"));
        Assert.Equal(["b", "race", "y"], Directory.EnumerateFileSystemEntries($"{yard.Data}/openpai/data/x").Select(Path.GetFileName).Order());
        foreach (var no in new[] { "/data/none?op=RENAME&destination=/data/n", "/data/x?op=RENAME&destination=/data/x/y/z", "/data/x/b?op=RENAME&destination=/data/x/race", "/data/x/b?op=RENAME&destination=/data/none/b", "/?op=RENAME&destination=/data/q" })
            Assert.False(await Said(yard, "PUT", no), no);
        (await yard.Send("DELETE", "/webhdfs/v1/?op=DELETE&recursive=true")).Threw(403, "java.io.IOException");
    }

    [Fact]
    public async Task Fifty_megabytes_come_back_byte_for_byte_and_the_limit_is_the_stores_own()
    {
        await using var yard = await Yard.Start(("OPENPAI_MAX_UPLOAD_BYTES", (50 << 20).ToString()));
        var content = new byte[50 << 20];
        new Random(7).NextBytes(content);
        (await yard.Upload("/user/admin/big", content)).Is(201);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await yard.Open("/user/admin/big")));
        Assert.Equal(SHA256.HashData(content.AsSpan((40 << 20) + 3, 5 << 20)), SHA256.HashData(await yard.Open("/user/admin/big", $"&offset={(40 << 20) + 3}&length={5 << 20}")));
        var file = Path.Join(yard.Data, "..", "bigger");
        await File.WriteAllBytesAsync(file, new byte[(50 << 20) + 1]);
        var allowed = (await yard.Send("PUT", "/webhdfs/v1/user/admin/bigger?op=CREATE&noredirect=true")).Ok()["Location"]!.GetValue<string>();
        // Without a length, what is too much shows only on the way.
        foreach (var coding in new[] { "X-None: none", "Transfer-Encoding: chunked" })
        {
            var refused = await Run("curl", "-s", "-i", "-X", "PUT", "-T", file, "-H", coding, allowed);
            Assert.Contains("HTTP/1.1 413", refused, StringComparison.Ordinal);
            Assert.Contains("larger than 52428800 bytes", refused, StringComparison.Ordinal);
        }

        Assert.Equal(["big"], Directory.EnumerateFileSystemEntries($"{yard.Data}/openpai/user/admin").Select(Path.GetFileName));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{yard.Data}/openpai/.yard-work"));
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing_also_when_the_server_dies()
    {
        await using var yard = await Yard.Start();
        var work = $"{yard.Data}/openpai/.yard-work";
        async Task<TcpClient> Half(string path)
        {
            var target = new Uri((await yard.Send("PUT", $"/webhdfs/v1{path}?op=CREATE")).Headers["Location"]);
            var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", yard.Address.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"PUT {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\nContent-Length: 1000000\r\n\r\n{new string('x', 300_000)}"));
            await Until(() => Directory.Exists(work) && new DirectoryInfo(work).EnumerateFiles().Any(file => file.Length > 0));
            return client;
        }

        using (await Half("/user/admin/new/half"))
            Assert.False(Directory.Exists($"{yard.Data}/openpai/user"));
        await Until(() => !Directory.EnumerateFileSystemEntries(work).Any());
        Assert.False(Directory.Exists($"{yard.Data}/openpai/user"));

        using var second = await Half("/user/admin/new/half");
        await yard.KillAndRestart();
        Assert.Single(Directory.EnumerateFileSystemEntries(work));
        (await yard.Get("/webhdfs/v1/?op=LISTSTATUS")).Is(200);
        Assert.Empty(Directory.EnumerateFileSystemEntries(work));
        Assert.False(Directory.Exists($"{yard.Data}/openpai/user"));
    }

    [Fact]
    public async Task No_path_leaves_the_store_and_nothing_but_files_is_opened()
    {
        await using var yard = await Yard.Start();
        var (root, outside) = ($"{yard.Data}/openpai", Directory.CreateDirectory(Path.Join(yard.Data, "..", "outside")).FullName);
        await File.WriteAllTextAsync($"{outside}/secret", "secret");
        (await yard.Upload("/data/file", "inside"u8.ToArray())).Is(201);
        File.CreateSymbolicLink($"{root}/data/out", outside);
        File.CreateSymbolicLink($"{root}/data/secret", $"{outside}/secret");
        File.CreateSymbolicLink($"{root}/data/inner", $"{root}/data/file");
        File.CreateSymbolicLink($"{root}/data/dangling", $"{outside}/made");
        Assert.Equal("", await Run("mkfifo", $"{root}/data/pipe"));
        foreach (var path in new[] { "/../switchyard.db", "/data/../../switchyard.db", "/%2e%2e/switchyard.db", "/data/%2e%2e/%2e%2e/switchyard.db", "/..%2fswitchyard.db", "/data%2ffile", "/data/%00", "/data/a%0ab", "/.yard-work", "/.yard-work/x" })
        {
            foreach (var (method, op) in new[] { ("GET", "OPEN"), ("GET", "LISTSTATUS"), ("PUT", "CREATE"), ("PUT", "MKDIRS"), ("DELETE", "DELETE&recursive=true") })
            {
                // Sent by hand, since clients tidy paths before they send them.
                var answer = await Raw(yard, method, $"/webhdfs/v1{path}?op={op}");
                Assert.True(answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), $"{method} {path} {op}: {answer}");
            }
        }

        foreach (var path in new[] { "/data/out/secret", "/data/secret", "/data/inner", "/data/pipe", "/data/dangling" })
        {
            (await yard.Get($"/webhdfs/v1{path}?op=OPEN")).Threw(404, Missing);
            (await yard.Get($"/webhdfs/v1{path}?op=LISTSTATUS")).Threw(404, Missing);
            Assert.NotEqual(201, (await yard.Upload(path, [1], "&overwrite=true")).Status);
        }

        (await yard.Get("/webhdfs/v1/data/out?op=LISTSTATUS")).Threw(404, Missing);
        Assert.NotEqual(201, (await yard.Upload("/data/out/made", [1])).Status);
        Assert.NotEqual(200, (await yard.Send("PUT", "/webhdfs/v1/data/out/made?op=MKDIRS")).Status);
        Assert.False(await Said(yard, "PUT", "/data/file?op=RENAME&destination=/data/out/made"));
        Assert.Equal(["file"], (await yard.Get("/webhdfs/v1/data?op=LISTSTATUS")).Ok()["FileStatuses"]!["FileStatus"]!.AsArray().Select(status => status!["pathSuffix"]!.GetValue<string>()));
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(outside).Select(Path.GetFileName));
        Assert.Equal("inside", await File.ReadAllTextAsync($"{root}/data/file"));
        Assert.True(await Said(yard, "DELETE", "/data?op=DELETE&recursive=true"));
        Assert.Equal("secret", await File.ReadAllTextAsync($"{outside}/secret"));
        (await yard.Get("/webhdfs/v1/" + new string('x', 300) + "?op=OPEN")).Threw(400, Illegal);
        (await yard.Get("/webhdfs/v1/" + string.Concat(Enumerable.Repeat("x/", 101)) + "?op=OPEN")).Threw(400, Illegal);
    }

    [Fact]
    public async Task Folders_of_users_are_theirs_and_the_rest_is_shared()
    {
        await using var yard = await Yard.Start();
        var (alice, bob) = (await yard.User("alice"), await yard.User("bob"));
        foreach (var home in new[] { "/Output/alice", "/Container/alice", "/user/alice", "/alice" })
        {
            (await yard.Upload($"{home}/f", "alice's"u8.ToArray(), token: alice)).Is(201);
            Assert.Equal("alice's"u8.ToArray(), await yard.Open($"{home}/f", token: alice));
            Assert.Equal("alice's"u8.ToArray(), await yard.Open($"{home}/f"));
            foreach (var (method, call) in new[]
            {
                ("GET", $"{home}/f?op=OPEN"), ("GET", $"{home}?op=LISTSTATUS"), ("GET", $"{home}/none?op=GETFILESTATUS"), ("GET", $"{home}?op=GETCONTENTSUMMARY"), ("PUT", $"{home}/g?op=CREATE"),
                ("PUT", $"{home}/f?op=CREATE&overwrite=true"), ("PUT", $"{home}/g?op=MKDIRS"), ("DELETE", $"{home}/f?op=DELETE"), ("DELETE", $"{home}?op=DELETE&recursive=true"),
                ("PUT", $"{home}/f?op=RENAME&destination=/bob/f"), ("PUT", $"/bob/b?op=RENAME&destination={home}"), ("PUT", $"/bob/b?op=RENAME&destination={home}/b"),
            })
                (await yard.Send(method, "/webhdfs/v1" + call, token: bob)).Threw(403, Denied);
        }

        // Names are seen, what is in them is not.
        var seen = (await yard.Get("/webhdfs/v1/?op=LISTSTATUS", bob)).Ok()["FileStatuses"]!["FileStatus"]!.AsArray();
        Assert.Equal(["Container root 1", "Output root 1", "alice alice 0", "user root 1"], seen.Select(status => $"{status!["pathSuffix"]} {status["owner"]} {status["childrenNum"]}"));
        Assert.Equal(0, (await yard.Get("/webhdfs/v1/?op=GETCONTENTSUMMARY", bob)).Ok()["ContentSummary"]!["fileCount"]!.GetValue<int>());

        // Directly under the root administrators make what is shared.
        foreach (var (method, call) in new[] { ("PUT", "/shared?op=MKDIRS"), ("PUT", "/shared/x?op=MKDIRS"), ("PUT", "/file?op=CREATE"), ("PUT", "/shared/x?op=CREATE"), ("DELETE", "/Output?op=DELETE&recursive=true"), ("PUT", "/Output/carol/x?op=MKDIRS") })
            (await yard.Send(method, "/webhdfs/v1" + call, token: bob)).Threw(403, Denied);
        Assert.True(await Said(yard, "PUT", "/shared?op=MKDIRS"));
        (await yard.Upload("/shared/sub/x", [1], token: bob)).Is(201);
        (await yard.Upload("/shared/sub/x", [2], "&overwrite=true", alice)).Is(201);
        Assert.Equal([2], await yard.Open("/shared/sub/x", token: bob));
        (await yard.Send("DELETE", "/webhdfs/v1/shared?op=DELETE&recursive=true", token: bob)).Threw(403, Denied);

        // A folder stays private when its user goes, where the place alone says so.
        (await yard.Send("DELETE", "/api/v1/user", """{"username":"alice"}""")).Is(200);
        (await yard.Get("/webhdfs/v1/Output/alice/f?op=OPEN", bob)).Threw(403, Denied);
        (await yard.Get("/webhdfs/v1/Output/alice/f?op=OPEN", alice)).Threw(401, NoKey);
    }

    [Fact]
    public async Task The_second_step_of_an_upload_takes_its_own_key_and_nothing_else()
    {
        await using var yard = await Yard.Start();
        var alice = await yard.User("alice");
        var target = new Uri((await yard.Send("PUT", "/webhdfs/v1/alice/f?op=CREATE", token: alice)).Headers["Location"]).PathAndQuery;
        Assert.DoesNotContain(alice, target, StringComparison.Ordinal);
        foreach (var forged in new[]
        {
            target.Replace("/alice/f", "/alice/g", StringComparison.Ordinal), target.Replace("/alice/f", "/root", StringComparison.Ordinal), target.Replace("overwrite=false", "overwrite=true", StringComparison.Ordinal),
            target.Replace("permission=644", "permission=755", StringComparison.Ordinal), target.Replace("until=", "until=9", StringComparison.Ordinal), target.Replace("user=", "user=1", StringComparison.Ordinal),
            target[..^4] + "0000", target.Split('?')[0] + "?op=CREATE", target.Split('?')[0], "/webhdfs/data/v1/alice/../bob?" + target.Split('?')[1],
        })
        {
            foreach (var token in new[] { "", alice, yard.Admin })
                (await yard.Send("PUT", forged, "x", token)).Threw(401, NoKey);
        }

        Assert.Equal(404, (await yard.Get(target, "")).Status);
        (await yard.Send("DELETE", "/api/v1/user", """{"username":"alice"}""")).Is(200);
        (await yard.Send("PUT", target, "x", "")).Threw(401, NoKey);
        Assert.Empty((await yard.Get("/webhdfs/v1/?op=LISTSTATUS")).Ok()["FileStatuses"]!["FileStatus"]!.AsArray());
    }

    [Fact]
    public async Task Every_refusal_has_the_shape_of_WebHDFS()
    {
        await using var yard = await Yard.Start();
        (await yard.Upload("/data/f", [1])).Is(201);
        foreach (var (method, call) in new[]
        {
            ("GET", "/data?op=NOSUCH"), ("GET", "/data"), ("GET", "/data?op="), ("GET", "/data?op=CREATE"), ("PUT", "/data?op=OPEN"), ("POST", "/data?op=OPEN"), ("DELETE", "/data?op=MKDIRS"), ("GET", "/data/f?op=OPEN&offset=-1"),
            ("GET", "/data/f?op=OPEN&offset=99999999999999999999"), ("GET", "/data/f?op=OPEN&length=x"), ("PUT", "/data/g?op=CREATE&overwrite=perhaps"), ("PUT", "/data/g?op=CREATE&permission=888"),
            ("PUT", "/data/g?op=MKDIRS&permission=7777"), ("PUT", "/data/f?op=RENAME"), ("PUT", "/data/f?op=RENAME&destination=x"), ("PUT", "/data/f?op=RENAME&destination=/../x"), ("DELETE", "/data/f?op=DELETE&recursive=2"),
        })
            (await yard.Send(method, "/webhdfs/v1" + call)).Threw(400, Illegal);
        foreach (var (method, op) in new[] { ("POST", "APPEND"), ("PUT", "SETPERMISSION"), ("GET", "GETFILECHECKSUM"), ("GET", "getdelegationtoken") })
            (await yard.Send(method, $"/webhdfs/v1/data/f?op={op}")).Threw(400, "java.lang.UnsupportedOperationException");
        (await yard.Send("PATCH", "/webhdfs/v1/data?op=OPEN")).Threw(404, Missing);
        (await yard.Get("/webhdfs/v2/data?op=OPEN")).Threw(404, Missing);
        foreach (var token in new[] { "", "yard_wrong" })
        {
            foreach (var (method, call) in new[] { ("GET", "/?op=LISTSTATUS"), ("GET", "/data/f?op=OPEN&user.name=admin"), ("GET", $"/data/f?op=OPEN&delegation={yard.Admin}"), ("PUT", "/data/g?op=CREATE"), ("POST", "/x"), ("DELETE", "/data/f?op=DELETE"), ("GET", "/x?op=NOSUCH") })
                (await yard.Send(method, "/webhdfs/v1" + call, token: token)).Threw(401, NoKey);
        }

        Assert.Equal("*", (await yard.Get("/webhdfs/v1/data?op=LISTSTATUS")).Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("*", (await yard.Get("/webhdfs/v1/data/f?op=OPEN")).Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("*", (await yard.Get("/webhdfs/v1/data/f?op=OPEN", "")).Headers["Access-Control-Allow-Origin"]);
        var preflight = await yard.Send("OPTIONS", "/webhdfs/v1/data/f?op=CREATE", null, "");
        Assert.Equal((204, "*", "GET,HEAD,PUT,PATCH,POST,DELETE"), (preflight.Status, preflight.Headers["Access-Control-Allow-Origin"], preflight.Headers["Access-Control-Allow-Methods"]));
        Assert.Equal([1], await yard.Open("/data/f"));
    }

    [Fact]
    public async Task Names_of_any_kind_come_back_as_they_were_sent()
    {
        await using var yard = await Yard.Start();
        string[] names = ["ä ö.txt", "a%b", "a+b&c=d", "#hash?", "日本", "quote\"s", "back\\slash", ".hidden", "%2e%2e"];
        foreach (var name in names)
        {
            (await yard.Upload($"/data/{Uri.EscapeDataString(name)}", Encoding.UTF8.GetBytes(name))).Is(201);
            Assert.Equal(name, Encoding.UTF8.GetString(await yard.Open($"/data/{Uri.EscapeDataString(name)}")));
        }

        var listed = (await yard.Get("/webhdfs/v1/data?op=LISTSTATUS")).Ok()["FileStatuses"]!["FileStatus"]!.AsArray().Select(status => status!["pathSuffix"]!.GetValue<string>());
        Assert.Equal(names.Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public async Task A_full_disk_is_said_and_keeps_nothing_of_an_upload()
    {
        await using var yard = await Yard.Start();
        var root = Directory.CreateDirectory($"{yard.Data}/openpai").FullName;
        var mounted = await Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", root);
        if (mounted.Length > 0)
            Assert.Skip($"a small disk cannot be mounted here: {mounted}");
        try
        {
            var answer = await yard.Upload("/data/large", new byte[2 << 20]);
            answer.Threw(503, "java.io.IOException");
            Assert.Contains("disk is full", answer.Text, StringComparison.Ordinal);
            (await yard.Upload("/data/small", [1])).Is(201);
            Assert.Equal(["small"], Directory.EnumerateFileSystemEntries($"{root}/data").Select(Path.GetFileName));
            Assert.Empty(Directory.EnumerateFileSystemEntries($"{root}/.yard-work"));
        }
        finally
        {
            Assert.Equal("", await Run("umount", root));
        }
    }

    private static string Line(JsonNode? status) =>
        $"{status!["pathSuffix"]} {status["type"]} {status["permission"]} {status["owner"]} {status["length"]} {status["childrenNum"]}";

    private static async Task<bool> Said(Yard yard, string method, string call) => (await yard.Send(method, "/webhdfs/v1" + call)).Ok()["boolean"]!.GetValue<bool>();

    private static Task<string> Curl(Yard yard, params string[] arguments) => Run("curl", ["-s", "-i", "-H", $"Authorization: Bearer {yard.Admin}", .. arguments]);

    /// <summary>Runs a program to its end and answers what it said.</summary>
    private static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return string.Concat(said);
    }

    private static async Task<string> Raw(Yard yard, string method, string target)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", yard.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {yard.Admin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }
}
