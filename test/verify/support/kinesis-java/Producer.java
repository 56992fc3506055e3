// A producer and consumer by the SDK for Java 2, which speaks CBOR: puts records to an endpoint, reads them back, prints what it found.
// usage: Producer ENDPOINT STREAM sync|async
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;

public class Producer {
  interface Client {
    PutRecordResponse put(PutRecordRequest request) throws Exception;
    PutRecordsResponse put(PutRecordsRequest request) throws Exception;
    ListShardsResponse list(ListShardsRequest request) throws Exception;
    GetShardIteratorResponse iterator(GetShardIteratorRequest request) throws Exception;
    GetRecordsResponse read(GetRecordsRequest request) throws Exception;
  }

  static Client sync(KinesisClient client) {
    return new Client() {
      public PutRecordResponse put(PutRecordRequest request) { return client.putRecord(request); }
      public PutRecordsResponse put(PutRecordsRequest request) { return client.putRecords(request); }
      public ListShardsResponse list(ListShardsRequest request) { return client.listShards(request); }
      public GetShardIteratorResponse iterator(GetShardIteratorRequest request) { return client.getShardIterator(request); }
      public GetRecordsResponse read(GetRecordsRequest request) { return client.getRecords(request); }
    };
  }

  static Client async(KinesisAsyncClient client) {
    return new Client() {
      public PutRecordResponse put(PutRecordRequest request) throws Exception { return client.putRecord(request).get(); }
      public PutRecordsResponse put(PutRecordsRequest request) throws Exception { return client.putRecords(request).get(); }
      public ListShardsResponse list(ListShardsRequest request) throws Exception { return client.listShards(request).get(); }
      public GetShardIteratorResponse iterator(GetShardIteratorRequest request) throws Exception { return client.getShardIterator(request).get(); }
      public GetRecordsResponse read(GetRecordsRequest request) throws Exception { return client.getRecords(request).get(); }
    };
  }

  public static void main(String[] args) throws Exception {
    URI endpoint = URI.create(args[0]);
    String stream = args[1];
    StaticCredentialsProvider credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any"));
    Client client = args[2].equals("sync")
      ? sync(KinesisClient.builder().endpointOverride(endpoint).region(Region.EU_CENTRAL_1).credentialsProvider(credentials).build())
      : async(KinesisAsyncClient.builder().endpointOverride(endpoint).region(Region.EU_CENTRAL_1).credentialsProvider(credentials).build());
    Instant before = Instant.now().minusSeconds(5);
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    for (int at = 0; at < 300; at++) {
      byte[] data = ("java " + at + " é€😀 " + "x".repeat(at * 20)).getBytes(StandardCharsets.UTF_8);
      entries.add(PutRecordsRequestEntry.builder().partitionKey("key " + at).data(SdkBytes.fromByteArray(data)).build());
    }
    PutRecordsResponse many = client.put(PutRecordsRequest.builder().streamName(stream).records(entries).build());
    PutRecordResponse one = client.put(PutRecordRequest.builder().streamName(stream).partitionKey("one").explicitHashKey("0").data(SdkBytes.fromByteArray(new byte[] {0, 1, (byte) 255})).build());
    int read = 0;
    long late = 0;
    boolean isThere = false;
    for (Shard shard : client.list(ListShardsRequest.builder().streamName(stream).build()).shards()) {
      String iterator = client.iterator(GetShardIteratorRequest.builder().streamName(stream).shardId(shard.shardId()).shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(before).build()).shardIterator();
      GetRecordsResponse records = client.read(GetRecordsRequest.builder().shardIterator(iterator).build());
      for (software.amazon.awssdk.services.kinesis.model.Record record : records.records()) {
        read++;
        if (record.approximateArrivalTimestamp().isBefore(before) || record.approximateArrivalTimestamp().isAfter(Instant.now().plusSeconds(5))) late++;
        if (record.sequenceNumber().equals(one.sequenceNumber())) isThere = record.data().asByteArray().length == 3 && record.data().asByteArray()[2] == (byte) 255;
      }
    }
    String error = "none";
    try {
      client.put(PutRecordRequest.builder().streamName("nowhere").partitionKey("a").data(SdkBytes.fromUtf8String("x")).build());
    } catch (Exception thrown) {
      Throwable cause = thrown instanceof KinesisException ? thrown : thrown.getCause();
      error = cause.getClass().getSimpleName() + ": " + ((KinesisException) cause).awsErrorDetails().errorMessage();
    }
    System.out.println("{\"failed\":" + many.failedRecordCount() + ",\"read\":" + read + ",\"wrongTimes\":" + late + ",\"isThere\":" + isThere + ",\"shard\":\"" + one.shardId() + "\",\"error\":\"" + error + "\"}");
    System.exit(0);
  }
}
