using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Dialects.OpenPai.Import;

namespace Switchyard.OpenPai.Tests;

/// <summary>Users of an old cluster, as kubectl prints them.</summary>
public sealed partial class UserImportTests
{
    [Fact]
    public async Task Users_come_with_passwords_rights_and_clusters_and_are_kept_as_ours_from_the_first_sign_in_on()
    {
        await using var yard = await Yard.Start();
        await yard.User("alice");
        (await yard.Send("PUT", "/api/v1/virtual-clusters/vc1", """{"vcCapacity":20}""")).Is(201);
        var file = await yard.Beside("secrets.json", List(
            Secret("tokentest", "123456", clusters: "default,vc1,gone"), Secret("boss", "the boss's own", admin: "true"), Secret("shorty", "abc"), Secret("alice", "not hers here"),
            """{"type":"kubernetes.io/service-account-token","metadata":{"name":"default-token-x2x"},"data":{"token":"YQ=="}}"""));
        var (exit, output, error) = await yard.Command(null, "import", "openpai-users", file, "--json");
        Assert.True(exit == 0, output + error);
        var report = JsonNode.Parse(output)!;
        Assert.Equal((3, 1, 1, 0), (Count("imported"), Count("exists"), Count("passed"), Count("unusable")));
        Assert.Equal("""["vc1"]["gone"]""", $"{report["users"]![0]!["virtualClusters"]!.ToJsonString()}{report["users"]![0]!["missingVirtualClusters"]!.ToJsonString()}");
        int Count(string outcome) => report[outcome]!.GetValue<int>();

        var (weak, strong) = (Kept(yard, 10_000), Kept(yard, 220_000));
        Assert.Equal(3, weak.Count);
        for (var tries = 0; tries < 3; tries++)
            (await yard.Send("POST", "/api/v1/token", """{"username":"tokentest","password":"1234567"}""", "")).Is(400, "IncorrectPassworkError");
        Assert.Equal(strong, Kept(yard, 220_000));
        var token = await yard.SignIn("tokentest", "123456");
        Assert.Equal(strong.Count + 1, Kept(yard, 220_000).Count);
        await yard.SignIn("tokentest", "123456");
        Assert.Equal(strong.Count + 1, Kept(yard, 220_000).Count);
        (await yard.Send("POST", "/api/v1/token", """{"username":"tokentest","password":"1234567"}""", "")).Is(400, "IncorrectPassworkError");

        var boss = await yard.SignIn("boss", "the boss's own");
        var listed = (await yard.Get("/api/v1/user", boss)).Json.AsArray().ToDictionary(user => user!["username"]!.GetValue<string>(), user => $"{user!["admin"]} {user["virtualCluster"]}");
        Assert.Equal(("false default,vc1", "true default,vc1", "false default"), (listed["tokentest"], listed["boss"], listed["shorty"]));
        Assert.NotNull((await yard.Send("POST", "/api/yard/v1/login", """{"name":"shorty","password":"abc"}""", "")).Json["token"]);
        await yard.SignIn("alice", "password of alice");

        (exit, output, _) = await yard.Command(boss, "import", "openpai-users", file);
        Assert.True(exit == 0 && output.Contains("4 exists, 1 passed", StringComparison.Ordinal), output);
        await yard.SignIn("tokentest", "123456");
        (exit, _, error) = await yard.Command(token, "import", "openpai-users", file);
        Assert.True(exit == 1 && error.Contains("administrators", StringComparison.Ordinal), error);
        (await yard.Send("POST", "/rest-server/import/users", "{}", "")).Is(401);
    }

    [Fact]
    public async Task A_thousand_users_come_in_one_go()
    {
        await using var yard = await Yard.Start();
        var hash = Hash("u7", "secret of u7");
        var file = await yard.Beside("many.json", List([.. Enumerable.Range(0, 1000).Select(n => Secret($"u{n}", null, hash: n == 7 ? hash : new string('0', 128)))]));
        var (exit, output, error) = await yard.Command(null, "import", "openpai-users", file);
        Assert.True(exit == 0 && output.Contains("1000 imported", StringComparison.Ordinal), output + error);
        await yard.SignIn("u7", "secret of u7");
        Assert.Equal(1001, (await yard.Get("/api/v1/user")).Json.AsArray().Count);
    }

    [Fact]
    public async Task What_cannot_be_used_is_named_with_its_reason_and_the_rest_comes()
    {
        await using var yard = await Yard.Start();
        var file = await yard.Beside("odd.json", List(
            """{"metadata":{"name":"6161"}}""", """{"metadata":{"name":"6262"},"data":{}}""", """{"data":{"username":"!!!"}}""", """{"data":{"username":5}}""", "7",
            """{"data":{"username":"/w=="}}""", Secret("a/b", "123456"), Secret("longhash", null, hash: "00"), Secret("nohex", null, hash: new string('g', 128)), Secret("perhaps", "123456", admin: "perhaps"),
            """{"data":{"username":"bm9wYXNz"}}""", Secret("good", "123456"), Secret("good", "another")));
        var (exit, output, _) = await yard.Command(null, "import", "openpai-users", file, "--json");
        Assert.Equal(1, exit);
        Assert.Equal(
            [
                "6161: it has no data", "6262: the field username is missing", "entry 3: the field username is not a text in base64", "entry 4: the field username is not a text in base64",
                "entry 5: it has no data", "entry 6: the field username is not a text in base64", "x: the name 'a/b' is none that can be used here: 1 to 64 letters, digits and '_'",
                "longhash: the field password is no hash of 128 hexadecimal digits", "nohex: the field password is no hash of 128 hexadecimal digits",
                "perhaps: the field admin is 'perhaps', neither true nor false", "nopass: the field password is missing", "good: ", "good: there is a user of this name; nothing of them was changed",
            ],
            JsonNode.Parse(output)!["users"]!.AsArray().Select(user => $"{user!["username"]}: {user["reason"]}"));
        await yard.SignIn("good", "123456");

        foreach (var (text, said) in new[] { ("{", "not JSON"), ("[]", "neither a list"), ("""{"kind":"Pod"}""", "neither a list"), ("just words", "neither a list"), ("a: [", "not YAML"), ("", "empty"), (new string('[', 5000), "not JSON") })
            Assert.Contains(said, (await yard.Command(null, "import", "openpai-users", await yard.Beside("bad.json", text))).Error, StringComparison.Ordinal);
        Assert.Contains("max_body_bytes", (await yard.Command(null, "import", "openpai-users", await yard.Beside("big.json", new string(' ', 11_000_000)))).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be read", (await yard.Command(null, "import", "openpai-users", "/nowhere")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_alone_and_yaml_are_read_like_a_list()
    {
        Assert.StartsWith("37a3d775bdf3c8bd", Hash("tokentest", "123456"), StringComparison.Ordinal);
        Assert.EndsWith("0e094f72", Hash("tokentest", "123456"), StringComparison.Ordinal);
        var one = Assert.Single(Read(Secret("tokentest", "123456", clusters: "vc2")).Value!).User!;
        Assert.Equal(("tokentest", false, "vc2", 10_000), (one.Name, one.Admin, Assert.Single(one.Clusters), one.Password.Iterations));
        var yaml = $"apiVersion: v1\nitems:\n- apiVersion: v1\n  data: &d\n    username: {Base64("bob")}\n    password: {Base64(Hash("bob", "123456"))}\n    admin: {Base64("true")}\n    virtualCluster: \"\"\n  kind: Secret\n- data: *d\nkind: List\n";
        Assert.Equal([("bob", true), ("bob", true)], Read(yaml).Value!.Select(entry => (entry.User!.Name, entry.User.Admin)));
    }

    [Theory]
    [InlineData("a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\ng: [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]", "larger than")]
    [InlineData("a: *nothing", "an alias of nothing")]
    [InlineData("a: 1\na: 2", "given twice")]
    [InlineData("? [a]\n: b", "not YAML")]
    [InlineData("a: \"\\ud800\"", "")]
    [InlineData("# nothing", "empty")]
    public void Yaml_that_is_none_or_has_no_end_is_refused(string text, string said) => Assert.Contains(said, FileText.Yaml(text).Refusal!.Message, StringComparison.Ordinal);

    [Fact]
    public void Yaml_may_not_be_deep() => Assert.Contains("deeper", FileText.Yaml("a: " + new string('[', 100_000)).Refusal!.Message, StringComparison.Ordinal);

    private static Core.Text.Result<IReadOnlyList<SecretEntry>> Read(string text) => SecretFile.Read(FileText.Parse(Encoding.UTF8.GetBytes(text)).Value!);

    /// <summary>The hashes of so many iterations that the database's files hold.</summary>
    private static HashSet<string> Kept(Yard yard, int iterations)
    {
        var text = string.Concat(Directory.GetFiles(yard.Data, "switchyard.db*").Select(file =>
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(open, Encoding.Latin1);
            return reader.ReadToEnd();
        }));
        return [.. Hashes().Matches(text).Select(match => match.Value).Where(hash => hash.Contains($"${iterations}$", StringComparison.Ordinal))];
    }

    private static string List(params string[] secrets) => $$"""{"apiVersion":"v1","kind":"List","items":[{{string.Join(',', secrets)}}]}""";

    private static string Secret(string name, string? password, string admin = "false", string clusters = "default", string? hash = null) =>
        $$$"""{"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"x"},"data":{"username":"{{{Base64(name)}}}","password":"{{{Base64(hash ?? Hash(name, password!))}}}","admin":"{{{Base64(admin)}}}","virtualCluster":"{{{Base64(clusters)}}}","githubPAT":""}}""";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>What the platform kept of a password.</summary>
    private static string Hash(string name, string password)
    {
#pragma warning disable CA5351
        var salt = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(name)));
#pragma warning restore CA5351
        return Convert.ToHexStringLower(Rfc2898DeriveBytes.Pbkdf2(password, Encoding.ASCII.GetBytes(salt), 10_000, HashAlgorithmName.SHA512, 64));
    }

    [GeneratedRegex(@"pbkdf2-sha512\$[0-9]+\$[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*")]
    private static partial Regex Hashes();
}
